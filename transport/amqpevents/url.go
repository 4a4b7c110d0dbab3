package amqpevents

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rabbitmq/amqp091-go"
)

// parseURL parses the URL of a broker. No error quotes the URL, because a part of the
// password may be where the host belongs. For the same reason, parseURL refuses some URLs
// that the client would accept, before it looks up a host.
func parseURL(text string) (amqp091.URI, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Fragment != "" || hasStrayAt(text) || !isHost(u.Hostname()):
		return amqp091.URI{}, errURL
	case !hasKnownParameters(u.RawQuery):
		return amqp091.URI{}, errParameters
	}
	uri, err := amqp091.ParseURI(text)
	switch {
	case err == nil:
		return uri, nil
	case u.RawQuery != "":
		return amqp091.URI{}, errURLOrParameters
	}
	return amqp091.URI{}, errURL
}

// hasStrayAt reports whether an @ does not separate the user from the host. The password
// then contains an @, or a slash, a question mark or a # that was taken for the end of
// the host.
func hasStrayAt(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	before, after, _ := strings.Cut(rest, "@")
	return strings.ContainsAny(before, "/?#") && rest != before || strings.Contains(after, "@")
}

var hosts = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

func isHost(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || hosts.MatchString(host)
}

// parameters are those that a URL may have.
var parameters = []string{
	"auth_mechanism", "cacertfile", "certfile", "channel_max", "connection_timeout", "heartbeat", "keyfile", "server_name_indication",
}

// mechanisms are the values of auth_mechanism.
var mechanisms = []string{"PLAIN", "AMQPLAIN", "EXTERNAL"}

func hasKnownParameters(query string) bool {
	values, err := url.ParseQuery(query)
	if err != nil || !isHost(values.Get("server_name_indication")) {
		return false
	}
	for name := range values {
		if !slices.Contains(parameters, name) {
			return false
		}
	}
	return !slices.ContainsFunc(values["auth_mechanism"], func(m string) bool { return !slices.Contains(mechanisms, strings.ToUpper(m)) })
}
