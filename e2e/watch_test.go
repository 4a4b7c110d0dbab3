package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watcher notes what a page may not do: write to the console, throw, open a
// dialog, ask another host, or ask for what it does not get.
type watcher struct {
	host    string
	allowed string // a text of faults that are meant to be

	mu      sync.Mutex
	faults  []string
	fetches int // by scripts
}

func (w *watcher) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.faults), func(f string) bool { return w.allowed != "" && strings.Contains(f, w.allowed) })
}

// take is all, which then is forgotten.
func (w *watcher) take() []string {
	list := w.all()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil
	return list
}

// fetched is how often scripts have asked for something.
func (w *watcher) fetched() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fetches
}

func (w *watcher) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := event.(*network.EventRequestWillBeSent); ok && e.Type == network.ResourceTypeFetch {
		w.fetches++
	}
	if fault := w.fault(event); fault != "" {
		w.faults = append(w.faults, fault)
	}
}

// fault is what is wrong with what happened, or "".
func (w *watcher) fault(event any) string {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			return fmt.Sprintf("console: %s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		return fmt.Sprintf("console.%s: %s", e.Type, spoken(e.Args))
	case *runtime.EventExceptionThrown:
		return "exception: " + e.ExceptionDetails.Error()
	case *page.EventJavascriptDialogOpening:
		return "dialog: " + e.Message
	case *network.EventRequestWillBeSent:
		return w.elsewhere(e.Request.URL)
	case *network.EventWebSocketCreated:
		return w.elsewhere(e.URL)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			return fmt.Sprintf("request: status %d: %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			return "request failed: " + e.ErrorText + string(e.BlockedReason)
		}
	}
	return ""
}

func (w *watcher) elsewhere(address string) string {
	if u, err := url.Parse(address); err != nil || u.Host != w.host {
		return "request elsewhere: " + address
	}
	return ""
}

func spoken(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, string(a.Value)+a.Description)
	}
	return strings.Join(words, " ")
}
