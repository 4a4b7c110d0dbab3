package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
)

// address is the URL of a server. Nothing prints it, because it may have a password.
type address struct {
	text    string
	scheme  string
	secrets []string
}

// The schemes of URLs.
var (
	natsSchemes     = []string{"nats", "tls", "ws", "wss"}
	amqpSchemes     = []string{"amqp", "amqps"}
	postgresSchemes = []string{"postgres", "postgresql"}
	mariaSchemes    = []string{"mariadb", "mysql"}
	sqliteSchemes   = []string{"sqlite", "file"}
)

var (
	errNoURL    = errors.New("the server is missing: set -url, -url-file or the variable ROLLCALL_URL")
	errTwoURLs  = errors.New("there are -url and -url-file: use one of them")
	errScheme   = errors.New("the URL must begin with nats://, amqp://, postgres://, mariadb:// or sqlite:///FILE")
	errURL      = errors.New("the URL can't be read: percent-encode special characters of the user and the password, such as %40 for an @")
	errPassword = errors.New("the variable ROLLCALL_PASSWORD needs a URL with a user and without a password, such as nats://user@host")
	errNames    = errors.New("RabbitMQ does not list its queues over AMQP: name the receiver, with -event and -key")
)

// readAddress finds the URL of the server. Errors quote nothing of it.
func readAddress(text, file string, env func(string) string) (address, error) {
	switch {
	case text != "" && file != "":
		return address{}, errTwoURLs
	case file != "":
		content, err := os.ReadFile(file)
		if err != nil {
			return address{}, fmt.Errorf("-url-file: %w", err)
		}
		text = string(content)
	case text == "":
		text = env("ROLLCALL_URL")
	}
	a := address{text: strings.TrimSpace(text)}
	if a.text == "" {
		return a, errNoURL
	}
	a.scheme, _, _ = strings.Cut(a.text, ":")
	if !a.is(natsSchemes, amqpSchemes, postgresSchemes, mariaSchemes, sqliteSchemes) {
		return a, errScheme
	}
	if err := a.addPassword(env("ROLLCALL_PASSWORD")); err != nil {
		return a, err
	}
	a.secrets = append(secretsOf(a.text), env("PGPASSWORD"))
	return a, nil
}

// is reports whether the scheme is one of these.
func (a address) is(schemes ...[]string) bool {
	return slices.Contains(slices.Concat(schemes...), a.scheme)
}

// check returns an error if the server needs more of a selection.
func (a address) check(s selection) error {
	if a.is(amqpSchemes) && !(s.event.set && s.key.set) {
		return errNames
	}
	return nil
}

// addPassword adds a password to each server that has a user.
func (a *address) addPassword(password string) error {
	if password == "" || a.is(sqliteSchemes) {
		return nil
	}
	servers := []string{a.text}
	if a.is(natsSchemes) {
		servers = strings.Split(a.text, ",")
	}
	for i, text := range servers {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil {
			return errURL
		}
		if _, has := u.User.Password(); has || u.User.Username() == "" {
			return errPassword
		}
		u.User = url.UserPassword(u.User.Username(), password)
		servers[i] = u.String()
	}
	a.text = strings.Join(servers, ",")
	return nil
}

// secretsOf returns the passwords and tokens of a URL or a list of URLs, as they are
// written and as they are meant. It does not need a valid URL.
func secretsOf(text string) (secrets []string) {
	for i, server := range strings.Split(text, "://") {
		at := strings.LastIndexByte(server, '@')
		if i == 0 || at < 0 {
			continue
		}
		user, password, has := strings.Cut(server[:at], ":")
		if !has {
			password = user // a token of NATS
		}
		secrets = append(secrets, password)
		if meant, err := url.PathUnescape(password); err == nil {
			secrets = append(secrets, meant)
		}
	}
	if _, query, ok := strings.Cut(text, "?"); ok {
		values, _ := url.ParseQuery(query)
		secrets = slices.Concat(secrets, values["password"], values["sslpassword"])
	}
	return secrets
}

// scrubbed returns a message without secrets. No client is known to print one, so this is
// a second barrier. Very short secrets are left, because they may be part of any word.
func (a address) scrubbed(message string) string {
	for _, secret := range a.secrets {
		if len(secret) >= 4 {
			message = strings.ReplaceAll(message, secret, "xxxxx")
		}
	}
	return message
}
