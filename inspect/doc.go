// Package inspect shows in which order listeners run, and why.
//
// A [Report] is made of an order file with [OfFile], or of a built provider
// with [OfProvider], and written as text, JSON, Mermaid, DOT or SVG.
package inspect
