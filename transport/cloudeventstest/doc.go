// Package cloudeventstest contains only tests. The CloudEvents SDK reads what the
// transports publish, and the transports receive what the SDK sends.
package cloudeventstest
