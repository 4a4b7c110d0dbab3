package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// postAll posts each line of recipes.jsonl and prints the responses to the bad ones.
func postAll(ctx context.Context, out io.Writer, url string) error {
	f, err := files.Open("recipes.jsonl")
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(out, "\nPosting recipes.jsonl to %s/recipes. What the bad lines got:\n", url)
	good, line := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line++
		status, answer, err := post(ctx, url, lines.Text())
		switch {
		case err != nil:
			return err
		case status == http.StatusCreated:
			good++
		default:
			fmt.Fprintf(out, "  line %2d  %d  %s\n", line, status, answer)
		}
	}
	fmt.Fprintf(out, "%d lines: %d created, %d refused.\n", line, good, line-good)
	return nil
}

// post returns the status and, if the recipe was refused, the reason.
func post(ctx context.Context, url, body string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/recipes", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	var answer struct{ Error string }
	err = json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode, answer.Error, err
}

// printJournal prints what ran when, for two recipes.
func printJournal(out io.Writer, p parts) {
	for _, title := range []string{"Pea soup with mint", "Stone soup"} {
		entries := p.Journal.Of(title)
		fmt.Fprintf(out, "\nWhat ran when for %q:\n", title)
		for _, e := range entries {
			fmt.Fprintf(out, "  %6.2f ms  %s\n", float64(e.At.Sub(entries[0].At))/float64(time.Millisecond), e.What)
		}
	}
	fmt.Fprintf(out, "\n%d recipes kept, %d indexed, %d mailed, %d authors told.\n", p.Store.Len(),
		p.Journal.Count("search.Indexer"), p.Journal.Count("notify.Mailer"), p.Journal.Count("notify.Author"))
}
