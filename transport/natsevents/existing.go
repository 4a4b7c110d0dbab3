package natsevents

// ExistingStreams makes the transport create no streams. If a stream is missing, the error
// of AwaitConnection and of other calls names it. The option is for programs that look
// after the events of applications: a misspelt [Prefix] is an error, and leaves nothing on
// the server.
func ExistingStreams() Option { return optionFunc(func(s *settings) { s.existing = true }) }

func errNoStream(name string) error {
	return streamError("there is no stream %s: use the prefix of the application and the account of the server that it uses, or start the application first", name)
}
