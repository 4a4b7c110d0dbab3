package natsevents_test

import "github.com/rollcall-go/rollcall/transport"

// replay decides to replay every dead letter.
func replay(transport.DeadLetter) transport.Disposal { return transport.Replay }
