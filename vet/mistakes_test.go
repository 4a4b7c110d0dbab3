package vet_test

import (
	"strings"

	"github.com/rollcall-go/rollcall/vet/internal/bigshop"
)

// mistake is a change of package bigshop's application. The analyzer reports it, alone and
// at its place, and the application says the same at its start.
type mistake struct {
	name  string
	edits []edit
	at    place  // of the report; the zero place is the first line that the first edit changes
	want  string // a part of the report and of the application's error
	own   bool   // the application does not say this
	also  string // a part of a second report, which the application has too
	fixed bool   // the suggested fix undoes the change
}

// edit replaces the first occurrence of a text in a file.
type edit struct{ file, old, new string }

// place is the line of a file that holds a text.
type place struct{ file, text string }

func change(file, old, new string) []edit { return []edit{{file, old, new}} }

// assembled is the place in the application where it takes the module of the first edit.
var assembled = place{"main.go", ""}

// mistakesInAPackage are those that the analyzer sees in one package.
var mistakesInAPackage = []mistake{
	{name: "unknown key", edits: change("ledger/ledger.go", "`after:", "`afer:"), fixed: true,
		want: `column 1: unknown key "afer", did you mean after? The keys are event, id, method, group, priority, labels, before, after, async`},
	{name: "repeated key", edits: change("audit/audit.go", `priority:"first"`, `priority:"first" priority:"last"`),
		want: "column 18: key priority appears twice: drop one"},
	{name: "bad priority", edits: change("tax/tax.go", `priority:"10"`, `priority:"high"`),
		want: `column 10: invalid priority "high": write first, last or a whole number`},
	{name: "no quotes", edits: change("loyalty/loyalty.go", `after:"audit.Log"`, `after:audit.Log`),
		want: `column 7: the value of after must be enclosed in double quotes: write key:"value"`},
	{name: "no pair", edits: change("limits/limits.go", `after:"@trace" before`, `after, before`),
		want: `is not a key:"value" pair`},
	{name: "empty value", edits: change("search/search.go", `labels:"index"`, `labels:""`),
		want: "column 8: key labels has no value: write one or drop the key"},
	{name: "no space", edits: change("fraud/fraud.go", `"first" labels`, `"first"labels`),
		want: "column 17: a space is missing after the value of priority"},
	{name: "bad target", edits: change("picking/picking.go", `after:"loyalty`, `after:"??loyalty`),
		want: `column 7: an ID must not begin with a question mark: "?loyalty.Points"`},
	{name: "empty target of a built tag", edits: change("export/export.go", `tags.After("search.Indexer")`, `tags.After("search.Indexer", "")`),
		want: `empty target "": write the ID of a listener`},
	{name: "bad label of a built tag", edits: change("watch/watch.go", `tags.Labels("audit")`, `tags.Labels("@audit")`),
		want: `"@audit"`},
	{name: "bad ID of constants", edits: change("quota/quota.go", `"quota."`, `"quota, "`),
		want: `an ID must not hold a comma: "quota, Gate"`},
	{name: "bad group", edits: change("alerts/alerts.go", `before:"?night.Shift"`, `group:"a,b"`),
		want: `column 7: a group must not hold a comma or a backquote, or have spaces around it: "a,b"`},
	{name: "a value instead of a constructor", edits: change("audit/audit.go", "AsListener(NewLog,", "AsListener(NewLog(),"),
		want: "AsListener takes a constructor function, not a *audit.Log: pass a function that returns it"},
	{name: "the listener itself", edits: change("fraud/fraud.go", "AsListener(NewGuard,", "AsListener((&Guard{}).Handle,"),
		want: "this is the listener itself: return it from a function, and give it an id"},
	{name: "two results", edits: []edit{
		{"seals/seals.go", "(*Press, error)", "(*Press, func(), error)"}, {"seals/seals.go", "return x, nil", "return x, x.start, nil"}},
		at:   place{"seals/seals.go", "fxevents.AsListener"},
		want: `the constructor must return one listener, or a listener and an error, but it is func(fx.Lifecycle) (*seals.Press, func(), error)`},
	{name: "an annotated constructor", edits: change("tax/tax.go", "AsListener(NewCalculator,", "AsListener(fx.Annotate(NewCalculator),"),
		want: "AsListener takes a constructor function, not a fx.annotated: pass the constructor itself, and name its parameters with a struct that embeds fx.In"},
	{name: "no Handle", edits: change("search/search.go", ") Handle(", ") Index("), at: place{"search/search.go", "fxevents.AsListener"},
		want: `*search.Indexer has no method Handle: add one, or name another by the tag's method key, as method:"Index"`},
	{name: "misspelt method", edits: change("history/history.go", `method:"OnOrdersPlaced"`, `method:"OnOrdersPalced"`), fixed: true,
		want: "*history.Journal has no method OnOrdersPalced, did you mean OnOrdersPlaced?"},
	{name: "form of a method", edits: []edit{
		{"ledger/ledger.go", "*payments.Taken) error", "*payments.Taken) (int, error)"}, {"ledger/ledger.go", "return nil }", "return 0, nil }"}},
		at: place{"ledger/ledger.go", "fxevents.AsListener"}, want: "method Handle of *ledger.Book must have one of the forms func(E), func(E) error, "},
	{name: "no event", edits: []edit{
		{"tax/tax.go", "Handle(context.Context, *invoices.Issued)", "Handle(context.Context)"}, {"tax/tax.go", "type Calculator", "var _ invoices.Issued\n\ntype Calculator"}},
		at: place{"tax/tax.go", "fxevents.AsListener"}, want: "method Handle of *tax.Calculator takes a context.Context and no event"},
	{name: "a function without ID", edits: change("loyalty/loyalty.go", "func NewPoints() *Points { return &Points{} }",
		"func NewPoints() func(*orders.Placed) { return func(*orders.Placed) {} }"), at: place{"loyalty/loyalty.go", "fxevents.AsListener"},
		want: "a listener that is a plain func(*orders.Placed) needs an ID: give its tag an id"},
	{name: "wrong result of a contribution", edits: change("access/access.go", "func NewLogging() web.Middleware {", "func NewLogging() any {"),
		at:   place{"access/access.go", "fxevents.Contribute"},
		want: "it returns interface {}, which is not a web.Middleware: return one"},
	{name: "two results of a contribution", edits: []edit{
		{"warmup/warmup.go", "(*Cache, error) { return &Cache{products: p}, nil }", "(*Cache, *Cache) { return &Cache{products: p}, nil }"}},
		at: place{"warmup/warmup.go", "fxevents.Contribute"}, want: "the constructor must return one jobs.Job, or one and an error, but it is func(*products.Service) (*warmup.Cache, *warmup.Cache)"},
	{name: "a missing method of a contribution", edits: change("warmup/warmup.go", ") Run(", ") Go("), at: place{"warmup/warmup.go", "fxevents.Contribute"},
		want: "it returns *warmup.Cache, which is not a jobs.Job: it has no method Run"},
	{name: "a contribution itself", edits: change("web/web.go", "ContributeValue[Middleware](Recover", "Contribute[Middleware](Recover"),
		want: "this is a web.Middleware itself, not a constructor of one: pass it to fxevents.ContributeValue"},
	{name: "an event of a contribution", edits: change("auth/auth.go", `after:"access.Logging"`, `event:"http.middleware"`),
		want: "the tag has the key event, but a contribution goes to the list of its type: drop event from the tag"},
	{name: "two tags of a contribution", edits: change("limits/limits.go", "`after:\"@trace\" before:\"auth.Auth\"`", "`after:\"@trace\"`, `before:\"auth.Auth\"`"),
		want: "it has more than one tag: write one"},
	{name: "a literal without ID", edits: change("access/access.go", "(NewLogging,", "(func() web.Middleware { return NewLogging() },"),
		want: "a function literal has no name of its own: give its tag an id"},
	{name: "a nil contribution", edits: change("web/web.go", "ContributeValue[Middleware](Recover", "ContributeValue[Middleware](nil"),
		want: "the value is a nil web.Middleware: pass a value"},
	{name: "a method for Listen", edits: change("routes/routes.go", `priority:"3"`, `method:"OnShipmentsSent"`),
		want: "the tag names a method, but Listen already has one: drop method from the tag"},
	{name: "a nil method", edits: change("welcome/welcome.go", "Listen((*Desk).OnCustomersLeft)", "Listen[*Desk, *customers.Left](nil)"),
		want: "the method is nil"},
	{name: "an emitter used in a constructor", edits: change("products/products.go", "\treturn &Service{", "\t_ = first.Emit(context.Background(), &Added{})\n\treturn &Service{"), own: true, at: place{"main.go", "people.Modules()"},
		want: "products.NewService (products/products.go:32), which fxevents.Contribute at warmup/warmup.go:16 needs, dispatches an event at products/products.go:33, but the event listeners are not assembled yet: dispatch from a hook of fx.Lifecycle, or from an fx.Invoke that stands after fxevents.Module, not from a constructor"},
	{name: "a component in the listeners' group", edits: change("alerts/alerts.go", "\tfxevents.AsListener(", "\tfx.Provide(fx.Annotate(NewPager, fx.ResultTags(`group:\"event_listener\"`))),\n\tfxevents.AsListener("), own: true, at: assembled,
		want: "alerts.NewPager (alerts/alerts.go:21) puts a *alerts.Pager into the group event_listener, which collects rollcall.Listener values only, so nothing calls it: pass its constructor to fxevents.AsListener"},
}

// mistakesOfAFile are those of the order file that stand in the file alone.
var mistakesOfAFile = []mistake{
	{name: "unknown key of an order file", edits: change("order.yaml", "priority: 7", "prio: 7"), want: "prio"},
	{name: "syntax of an order file", edits: change("order.yaml", "[ watch.Tower ]", "[ watch.Tower"), at: place{"order.yaml", "  shipments.delivered"}, want: "order.yaml:5:3: did not find expected ',' or ']'"},
	{name: "no such order file", edits: change("main.go", `OrderFile(files, "order.yaml")`, `OrderFile(files, "ordre.yaml")`), want: "ordre.yaml"},
}

// mistakesAcrossPackages are those that the analyzer sees where the application is built.
var mistakesAcrossPackages = []mistake{
	{name: "misspelt event", edits: change("stats/stats.go", `event:"carts.filled"`, `event:"carts.fild"`), at: assembled,
		want: "listens to carts.fild, but no event has that name: did you mean carts.filled? Otherwise declare it, or drop the tag's event to listen to *carts.Filled"},
	{name: "event of another type", edits: change("stats/stats.go", `event:"carts.filled"`, `event:"carts.abandoned"`), at: assembled,
		want: "takes *carts.Filled, but listens to carts.abandoned, which is a *carts.Abandoned"},
	{name: "an event that nobody declares", edits: change("returns/returns.go", "\tfxevents.Event[*Received](\"returns.received\"),\n", ""), at: place{"main.go", "goods.Modules()"},
		want: "nobody declares the event *returns.Received, which seals.Press (seals/seals.go:15) listens to: declare it with fxevents.Event in the module that emits it"},
	{name: "unknown target", edits: change("loyalty/loyalty.go", `after:"audit.Log"`, `after:"audit.Lgo"`), at: assembled,
		want: `loyalty.Points (loyalty/loyalty.go:15) must run after audit.Lgo, but no listener has that ID: did you mean audit.Log? Write "?audit.Lgo" if it may be absent`},
	{name: "unknown target of a built tag", edits: change("export/export.go", `"search.Indexer"`, `"search.Indexr"`), at: assembled,
		want: `export.Feed (export/export.go:15) must run after search.Indexr, but no listener has that ID: did you mean search.Indexer?`},
	{name: "unknown label", edits: change("badges/badges.go", `after:"@rank"`, `after:"@rnk"`), at: assembled,
		want: `must run after @rnk, but no listener has that label: did you mean @rank? Write "?@rnk" if it may be absent`},
	{name: "a target of another event", edits: change("loyalty/loyalty.go", `after:"audit.Log"`, `after:"fraud.Guard"`), at: assembled,
		want: "must run after fraud.Guard on *orders.Placed, but fraud.Guard (fraud/fraud.go:15) does not listen to that"},
	{name: "a cycle", edits: change("welcome/welcome.go", "OnCustomersRegistered)", "OnCustomersRegistered, `before:\"credit.Score\"`)"), at: assembled,
		want: "welcome.Desk must run before credit.Score (welcome/welcome.go:18),\nand credit.Score must run before welcome.Desk (credit/credit.go:15): drop one of the hints"},
	{name: "a cycle of a list", edits: change("access/access.go", `priority:"first"`, `after:"auth.Auth"`), at: place{"main.go", "goods.Modules()"},
		want: "auth.Auth must run after access.Logging (auth/auth.go:15),\nand access.Logging must run after auth.Auth (access/access.go:15): drop one of the hints"},
	{name: "one ID twice", edits: change("dunning/dunning.go", `after:"tax.Calculator"`, `id:"tax.Calculator"`), at: assembled,
		want: "tax.Calculator listens to *invoices.Issued twice"},
	{name: "a list that nobody declares", edits: []edit{
		{"schema/schema.go", "fxevents.Ordered[Step](\"schema.steps\"),\n", ""}, {"schema/schema.go", "\tfx.Invoke(func([]Step) {}),\n", ""},
		{"schema/schema.go", "\t\"github.com/rollcall-go/rollcall/fxevents\"\n", ""}}, at: place{"main.go", "platform.Modules()"},
		want: `nobody declares a list of schema.Step, to which this and 1 more contribute: add fxevents.Ordered[schema.Step]("a.name") to the module that defines the type`},
	{name: "unknown target of a contribution", edits: change("auth/auth.go", `after:"access.Logging"`, `after:"access.Loging"`), at: assembled,
		want: `must run after access.Loging, but nothing in a list has that ID: did you mean access.Logging?`},
	{name: "two lists of one name", edits: change("schema/schema.go", `"schema.steps"`, `"http.middleware"`), at: assembled, want: "has that name: give each a name of its own"},
	{name: "a group that nobody collects", edits: change("quota/quota.go", `"quota."+"Gate")`, `"quota."+"Gate"), tags.Group("night")`), at: assembled,
		want: "no provider collects the group night: give fxevents.Module an fxevents.NamedProvider for it"},
	{name: "no transport", edits: []edit{
		{"main.go", "\t\tfxevents.Transport(func() (*transport.Local, error) { return &transport.Local{}, nil }),\n", ""}}, at: place{"main.go", "goods.Modules()"},
		want: "is asynchronous, but the application has no transport"},
	{name: "unknown key of Receive", edits: change("main.go", `Receive("mail", "sms")`, `Receive("mial", "sms")`), fixed: true,
		want: `no listener has the receiver key "mial", did you mean mail?`,
		also: "no Receive takes key mail of mail.Sender (mail/mail.go:23), did you mean mial?"},
	{name: "unknown key of ReceivedElsewhere", edits: change("main.go", `"print"`, `"prnt"`), fixed: true,
		want: `no listener has the receiver key "prnt", did you mean print?`,
		also: "no Receive takes key print of printing.Queue (printing/printing.go:22)"},
	{name: "unknown key of a Subscription", edits: change("main.go", `Key: "mail"`, `Key: "mial"`), fixed: true,
		want: `no listener has the receiver key "mial", did you mean mail?`},
	{name: "a key that nobody receives", edits: change("main.go", `Receive("mail", "sms")`, `Receive("mail")`), at: place{"main.go", "platform.Modules()"}, want: "no Receive takes key sms of sms.Sender"},
	{name: "unknown listener in Sequence", edits: change("main.go", `"reminders.Clock"`, `"reminders.Clok"`), fixed: true,
		want: "names reminders.Clok, but no listener has that ID: did you mean reminders.Clock?"},
	{name: "unknown event in Sequence", edits: change("main.go", `Sequence("carts.filled"`, `Sequence("carts.filed"`), fixed: true,
		want: "the application has no event or list carts.filed, did you mean carts.filled?"},
	{name: "unknown listener in Off", edits: change("main.go", `"welcome.Desk"`, `"welcome.Dsk"`), fixed: true,
		want: "names welcome.Dsk, but no listener has that ID: did you mean welcome.Desk?"},
	{name: "unknown listener in a sequence of the file", edits: change("order.yaml", "loyalty.Points", "loyalty.Pionts"),
		want: "names loyalty.Pionts, but no listener has that ID: did you mean loyalty.Points?"},
	{name: "unknown event in a sequence of the file", edits: change("order.yaml", "orders.placed:", "orders.plced:"),
		want: "the application has no event or list orders.plced, did you mean orders.placed?"},
	{name: "unknown listener in off of the file", edits: change("order.yaml", "watch.Tower", "watch.Towr"),
		want: "names watch.Towr, but no listener has that ID: did you mean watch.Tower?"},
	{name: "unknown listener in the file", edits: change("order.yaml", "  ledger.Book:", "  ledger.Bok:"), at: place{"order.yaml", "event: payments.taken"},
		want: "the application has no listener ledger.Bok in the group event_listener, did you mean ledger.Book?"},
	{name: "event of another listener in the file", edits: change("order.yaml", "payments.taken", "payments.declined"),
		want: "listener ledger.Book does not listen to payments.declined, only to payments.taken"},
	{name: "unknown list in the file", edits: change("order.yaml", "jobs.startup", "jobs.startp"),
		want: "the application has no list jobs.startp, did you mean jobs.startup?"},
	{name: "unknown target in the file", edits: change("order.yaml", "after: fraud.Guard", "after: fraud.Gurd"),
		want: "ledger.Book (order.yaml:9) must run after fraud.Gurd, but no listener has that ID: did you mean fraud.Guard?"},
	{name: "a sequence against a hint", edits: change("order.yaml", "access.Logging, auth.Auth", "auth.Auth, access.Logging"), at: place{"main.go", "goods.Modules()"},
		want: "auth.Auth must run after access.Logging (auth/auth.go:15),\nand access.Logging (access/access.go:15) must run after auth.Auth, by a sequence (order.yaml:3): drop one of the hints"},
}

// apply returns the changed files.
func (m mistake) apply(files map[string]string) (changed map[string]string, ok bool) {
	changed = map[string]string{}
	for _, e := range m.edits {
		text, known := changed[e.file]
		if !known {
			text = files[e.file]
		}
		if !strings.Contains(text, e.old) {
			return nil, false
		}
		changed[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return changed, true
}

// place returns the file and the line of the report.
func (m mistake) place(files, changed map[string]string) (file string, line int) {
	at, first := m.at, m.edits[0]
	if at == assembled {
		at.text = bigshop.BundleOf(strings.Split(first.file, "/")[0]) + ".Modules()"
	}
	if at.file == "" {
		before, _, _ := strings.Cut(files[first.file], first.old)
		return first.file, strings.Count(before, "\n") + 1
	}
	text, known := changed[at.file]
	if !known {
		text = files[at.file]
	}
	before, _, _ := strings.Cut(text, at.text)
	return at.file, strings.Count(before, "\n") + 1
}
