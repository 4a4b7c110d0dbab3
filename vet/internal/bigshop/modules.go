package bigshop

import (
	"slices"
	"strings"
)

// module is one package with an Fx module. Form names its template.
type module struct {
	Form string
	Pkg  string
	Type string   // of the listener
	On   []string // the events, as Go types: "orders.Placed"
	Tags []string // of the calls that register, one each
}

// Imports returns the packages of the events.
func (m module) Imports() []string {
	var packages []string
	for _, event := range m.On {
		pkg, _, _ := strings.Cut(event, ".")
		if len(packages) == 0 || packages[len(packages)-1] != pkg {
			packages = append(packages, pkg)
		}
	}
	return packages
}

// Registered is one event of a module with its tag.
type Registered struct{ Event, Method, Tag string }

// Registrations pairs the events with the tags.
func (m module) Registrations() []Registered {
	var all []Registered
	for i, event := range m.On {
		pkg, name, _ := strings.Cut(event, ".")
		r := Registered{Event: event, Method: "On" + strings.ToUpper(pkg[:1]) + pkg[1:] + name}
		if i < len(m.Tags) {
			r.Tag = m.Tags[i]
		}
		all = append(all, r)
	}
	return all
}

func owner(pkg, first, second string) module {
	return module{Form: "owner", Pkg: pkg, On: []string{first, second}}
}

// modules are the 60 modules: 20 that own two events each, 32 that listen, 3 with lists, and
// 5 that contribute.
var modules = []module{
	owner("orders", "Placed", "Cancelled"),
	owner("carts", "Filled", "Abandoned"),
	owner("customers", "Registered", "Left"),
	owner("payments", "Taken", "Declined"),
	owner("shipments", "Sent", "Delivered"),
	owner("returns", "Announced", "Received"),
	owner("products", "Added", "Withdrawn"),
	owner("stock", "Counted", "Missing"),
	owner("prices", "Raised", "Lowered"),
	owner("coupons", "Issued", "Redeemed"),
	owner("reviews", "Written", "Reported"),
	owner("invoices", "Issued", "Paid"),
	owner("refunds", "Asked", "Granted"),
	owner("plans", "Begun", "Ended"),
	owner("suppliers", "Signed", "Blocked"),
	owner("warehouses", "Opened", "Closed"),
	owner("couriers", "Booked", "Late"),
	owner("accounts", "Opened", "Locked"),
	owner("sessions", "Begun", "Expired"),
	owner("newsletters", "Written", "Sent"),

	{"handler", "audit", "Log", []string{"orders.Placed"}, []string{`priority:"first" labels:"audit"`}},
	{"handler", "fraud", "Guard", []string{"payments.Taken"}, []string{`priority:"first" labels:"check"`}},
	{"handler", "search", "Indexer", []string{"products.Added"}, []string{`labels:"index"`}},
	{"handler", "ledger", "Book", []string{"payments.Taken"}, []string{`after:"fraud.Guard"`}},
	{"handler", "loyalty", "Points", []string{"orders.Placed"}, []string{`after:"audit.Log"`}},
	{"handler", "tax", "Calculator", []string{"invoices.Issued"}, []string{`priority:"10"`}},
	{"handler", "stats", "Counter", []string{"carts.Filled"}, []string{`event:"carts.filled" priority:"last"`}},
	{"handler", "alerts", "Pager", []string{"stock.Missing"}, []string{`before:"?night.Shift"`}},

	{"component", "picking", "List", []string{"orders.Placed", "orders.Cancelled"}, []string{`after:"loyalty.Points"`}},
	{"component", "reminders", "Clock", []string{"carts.Abandoned", "carts.Filled"}, []string{``, `before:"stats.Counter"`}},
	{"component", "welcome", "Desk", []string{"customers.Registered", "customers.Left"}, nil},
	{"component", "dunning", "Clerk", []string{"invoices.Issued", "invoices.Paid"}, []string{`after:"tax.Calculator"`}},
	{"component", "ranking", "Board", []string{"reviews.Written", "reviews.Reported"}, []string{`labels:"rank"`, `labels:"rank"`}},
	{"component", "restock", "Planner", []string{"stock.Counted", "stock.Missing"}, []string{``, `before:"alerts.Pager"`}},
	{"component", "routes", "Map", []string{"shipments.Sent", "shipments.Delivered"}, []string{`priority:"3"`}},
	{"component", "terms", "Desk", []string{"suppliers.Signed", "suppliers.Blocked"}, []string{`id:"terms.Signing"`, `id:"terms.Blocking"`}},

	{"built", "export", "Feed", []string{"products.Added"}, []string{`tags.After("search.Indexer")`}},
	{"built", "watch", "Tower", []string{"shipments.Delivered"}, []string{`tags.After("routes.Map"), tags.Labels("audit")`}},
	{"built", "budget", "Plan", []string{"refunds.Asked"}, []string{`tags.Priority(5)`}},
	{"built", "credit", "Score", []string{"customers.Registered"}, []string{`tags.Before("welcome.Desk", "?crm.Sync")`}},
	{"built", "seals", "Press", []string{"returns.Received"}, []string{`tags.First`}},
	{"built", "quota", "Gate", []string{"accounts.Opened"}, []string{`tags.ID("quota." + "Gate")`}},

	{"later", "mail", "Sender", []string{"orders.Placed", "newsletters.Sent"}, []string{"mail", "mail"}},
	{"later", "sms", "Sender", []string{"couriers.Late"}, []string{"sms"}},
	{"later", "push", "Sender", []string{"shipments.Sent"}, []string{"push"}},
	{"later", "printing", "Queue", []string{"invoices.Issued"}, []string{"print"}},
	{"later", "archive", "Vault", []string{"orders.Cancelled"}, []string{"archive"}},
	{"later", "bi", "Export", []string{"payments.Declined"}, []string{"archive"}},

	{"methods", "history", "Journal", []string{"orders.Placed", "orders.Cancelled"}, []string{`labels:"audit" after:"audit.Log"`, ``}},
	{"methods", "cache", "Purger", []string{"prices.Raised", "prices.Lowered"}, []string{`priority:"first"`, `priority:"first"`}},
	{"methods", "badges", "Shelf", []string{"reviews.Written", "reviews.Reported"}, []string{`after:"@rank"`, `after:"@rank"`}},
	{"methods", "keys", "Ring", []string{"sessions.Begun", "sessions.Expired"}, nil},

	{Form: "web", Pkg: "web"},
	{Form: "jobs", Pkg: "jobs"},
	{Form: "schema", Pkg: "schema"},

	{Form: "middleware", Pkg: "access", Type: "Logging", Tags: []string{`priority:"first" labels:"trace"`}},
	{Form: "middleware", Pkg: "auth", Type: "Auth", Tags: []string{`after:"access.Logging"`}},
	{Form: "middleware", Pkg: "limits", Type: "Limit", Tags: []string{`after:"@trace" before:"auth.Auth"`}},
	{Form: "job", Pkg: "warmup", Type: "Cache", Tags: []string{`priority:"first"`}},
	{Form: "tables", Pkg: "tables"},
}

// bundle is a package that puts modules together.
type bundle struct {
	Pkg     string
	Modules []module
}

// bundles returns four packages of 15 modules each.
func bundles() []bundle {
	var all []bundle
	for i, name := range []string{"goods", "money", "people", "platform"} {
		b := bundle{Pkg: name}
		for j := i; j < len(modules); j += 4 {
			b.Modules = append(b.Modules, modules[j])
		}
		all = append(all, b)
	}
	return all
}

// BundleOf returns the package that puts a module of the application together with others,
// or "" if nothing does.
func BundleOf(pkg string) string {
	for _, b := range bundles() {
		if slices.ContainsFunc(b.Modules, func(m module) bool { return m.Pkg == pkg }) {
			return b.Pkg
		}
	}
	return ""
}
