package monitor

import (
	"net"
	"slices"
	"strings"
)

// Hosts limits the pages to requests for these hosts, such as "localhost". Without it, a
// web page elsewhere can point a name of its own at this server and have a browser read
// the pages (DNS rebinding). Names are compared without port and case. Other requests get
// the status 421.
func Hosts(hosts ...string) HandlerOption {
	return handlerOption(func(h *handler) {
		h.hosts = []string{}
		for _, host := range hosts {
			h.hosts = append(h.hosts, hostname(host))
		}
	})
}

// answersTo reports whether the pages are shown for a request's Host header.
func (h *handler) answersTo(host string) bool {
	return h.hosts == nil || slices.Contains(h.hosts, hostname(host))
}

// hostname returns a host without its port, in lower case and without the brackets of an
// IPv6 address.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}
