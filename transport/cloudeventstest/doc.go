// Package cloudeventstest has only tests: what the transports publish is read by
// the SDK of CloudEvents, and what that sends is received by them.
package cloudeventstest
