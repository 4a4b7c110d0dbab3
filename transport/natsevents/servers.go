package natsevents

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// The client splits a list of servers at each comma, and takes for a host what may be a
// part of a password:
//
//	nats://TOKEN,rest@host           looks up the host TOKEN
//	nats://user:aaaa@SECRET,b@host   looks up the host SECRET
//
// readServers therefore refuses lists that may mean something else than they say. Its
// errors quote nothing of the list.

// readServers returns the URLs of a list of servers, and their addresses for errors and
// logs.
func readServers(list string) (urls []string, addresses string, err error) {
	var hosts []string
	first := noUser
	for i, text := range strings.Split(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		u, problem := readServer(text, i == 0)
		if problem == "" && len(hosts) > 0 && userKind(u) != first {
			problem = "differs from the first one in whether it has a user and a password, or a token: " +
				"give each server the same, or use natsevents.Client(nats.UserInfo(…))"
		}
		if problem != "" {
			return nil, "", fmt.Errorf("server %d of the list %s; special characters of users, passwords and tokens "+
				"must be percent-encoded, such as %%2C for a comma", i+1, problem)
		}
		first = userKind(u)
		urls, hosts = append(urls, text), append(hosts, u.Host)
	}
	return urls, cmp.Or(strings.Join(hosts, ","), strings.TrimPrefix(nats.DefaultURL, "nats://")), nil
}

// readServer reads a URL as the client does. first is whether it is the first one of its
// list. The problem is "" if the URL says without doubt which host it means.
func readServer(text string, first bool) (u *url.URL, problem string) {
	schemes := strings.Count(text, "://")
	switch {
	case schemes > 1:
		return nil, "has more than one ://"
	case strings.ContainsAny(text, "?#"):
		return nil, "has a ? or a #: write a token before the host, as in nats://TOKEN@host"
	case schemes == 0 && !first && strings.Contains(text, "@"):
		return nil, "has a user or a token, but no scheme such as nats://"
	case schemes == 0:
		text = "nats://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, "can't be read as a URL"
	case !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
		return nil, "has a scheme other than nats, tls, ws and wss"
	case u.Path != "" && u.Path != "/" && (u.Scheme == "nats" || u.Scheme == "tls"), strings.Contains(u.Path, "@"):
		return nil, "has something after the host"
	case !isHost(u):
		return nil, "has no valid host"
	case !isPort(u.Port()):
		return nil, "has no valid port"
	}
	return u, ""
}

var hostNames = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$`)

func isHost(u *url.URL) bool {
	if !strings.HasPrefix(u.Host, "[") {
		return hostNames.MatchString(u.Hostname())
	}
	_, err := netip.ParseAddr(u.Hostname())
	return err == nil
}

func isPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// userKind returns what a URL has before the host.
func userKind(u *url.URL) string {
	if u.User == nil {
		return noUser
	}
	if _, ok := u.User.Password(); ok {
		return "password"
	}
	return "token"
}

const noUser = "none"
