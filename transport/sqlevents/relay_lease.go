package sqlevents

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// lease proves in statements that a partition is still this instance's.
type lease struct {
	part  int
	token int64
}

// leased has what a round of leasing has found.
type leased struct {
	begun  time.Time     // before the first query: leases count from then
	tokens map[int]int64 // of the partitions that this instance has
	share  int           // how many it may have
	least  int           // how many it should have at least
	gone   []*partition  // that were released
}

func (r *relay) beginLease(now time.Time) {
	if r.leasing || now.Before(r.nextLease) {
		return
	}
	r.leasing = true
	var release []*partition
	for _, p := range r.parts {
		if p.leaving && p.count == 0 && !r.ripening {
			release = append(release, p)
		}
	}
	r.background(func(ctx context.Context) func() {
		got := leased{begun: now, gone: release}
		err := r.leaseRound(ctx, &got)
		return func() { r.endLease(got, err) }
	})
}

// endLease takes over what a round has leased.
func (r *relay) endLease(got leased, err error) {
	r.leasing = false
	third := r.t.settings.lease / 3
	if err != nil {
		r.doubt()
		r.log("outbox can't lease its partitions", err)
		r.nextLease = r.now().Add(third / 4)
		return
	}
	r.nextLease = got.begun.Add(third)
	if len(got.tokens) < got.least {
		r.nextLease = r.now().Add(third / 4) // the others will release some
	}
	for _, p := range slices.Collect(maps.Values(r.parts)) {
		if token, ok := got.tokens[p.number]; !ok || token != p.token {
			r.lose(p)
		}
	}
	until := got.begun.Add(r.t.settings.lease)
	for number, token := range got.tokens {
		p := r.parts[number]
		if p == nil {
			p = &partition{number: number, token: token}
			r.parts[number] = p
			p.again()
		}
		p.until, p.untilWall = until, until.Round(0)
	}
	r.share(got.share)
}

// share marks the partitions beyond the share of this instance to be released.
func (r *relay) share(most int) {
	excess := len(r.parts) - most
	list := slices.SortedFunc(maps.Values(r.parts), func(a, b *partition) int {
		if a.leaving != b.leaving && a.leaving {
			return -1 // those that are leaving already
		} else if a.leaving != b.leaving {
			return 1
		}
		return b.number - a.number
	})
	for _, p := range list {
		if p.leaving = excess > 0; p.leaving {
			excess--
			r.dropWhere(func(e *entry) bool { return e.part == p })
			r.nextLease = r.now().Add(minPoll) // by then, little is in flight
		}
	}
}

// lose drops a partition that another instance may have.
func (r *relay) lose(p *partition) {
	if r.parts[p.number] == p {
		delete(r.parts, p.number)
	}
	r.dropWhere(func(e *entry) bool { return e.part == p })
}

// leaseRound releases partitions, renews the leases of the others, and leases free ones up
// to a fair share. All times are the database's.
func (r *relay) leaseRound(ctx context.Context, got *leased) error {
	s := r.t.settings
	for _, p := range got.gone {
		if err := r.exec(ctx, "UPDATE "+s.table("leases")+" SET owner = '', until = 0 WHERE part = ? AND owner = ? AND token = ?", p.number, r.member, p.token); err != nil {
			return err
		}
	}
	if err := r.beMember(ctx); err != nil {
		return err
	}
	if err := r.exec(ctx, "UPDATE "+s.table("leases")+" SET until = "+s.dialect.now()+" + ? WHERE owner = ?", s.lease.Microseconds(), r.member); err != nil {
		return err
	}
	free, err := r.readLeases(ctx, got)
	if missing := got.share - len(got.tokens); err != nil || missing <= 0 || len(free) == 0 {
		return err
	} else if rand.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] }); len(free) > missing {
		free = free[:missing]
	}
	slices.SortFunc(free, func(a, b any) int { return a.(int) - b.(int) })
	args := append([]any{r.member, s.lease.Microseconds()}, free...)
	if err := r.exec(ctx, "UPDATE "+s.table("leases")+" SET owner = ?, token = token + 1, until = "+s.dialect.now()+" + ? WHERE part IN "+marks(len(free))+
		" AND (owner = '' OR until <= "+s.dialect.now()+")", args...); err != nil {
		return err
	}
	_, err = r.readLeases(ctx, got)
	return err
}

// beMember says that this instance lives.
func (r *relay) beMember(ctx context.Context) error {
	s := r.t.settings
	update := "ON CONFLICT (member) DO UPDATE SET until = excluded.until"
	if s.dialect == MariaDB {
		update = "ON DUPLICATE KEY UPDATE until = values(until)"
	}
	return r.exec(ctx, "INSERT INTO "+s.table("members")+" (member, until) VALUES (?, "+s.dialect.now()+" + ?) "+update, r.member, s.lease.Microseconds())
}

// readLeases sets the tokens of this instance's partitions and its share among the members
// that live. It returns the free partitions. It removes members that are dead for long.
func (r *relay) readLeases(ctx context.Context, got *leased) (free []any, err error) {
	s := r.t.settings
	members := "SELECT count(*) FROM " + s.table("members") + " WHERE until > " + s.dialect.now()
	dead := "SELECT count(*) FROM " + s.table("members") + " WHERE until < " + s.dialect.now() + " - ?"
	text := "SELECT part, owner, token, until - " + s.dialect.now() + ", (" + members + "), (" + dead + ") FROM " + s.table("leases")
	rows, err := r.t.db.QueryContext(ctx, s.dialect.bound(text), memory.Microseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	living, buried := 1, 0
	got.tokens = map[int]int64{}
	for rows.Next() {
		var part int
		var owner string
		var token, left int64
		if err := rows.Scan(&part, &owner, &token, &left, &living, &buried); err != nil {
			return nil, err
		}
		switch {
		case owner == r.member && left > 0:
			got.tokens[part] = token
		case owner == "" || left <= 0:
			free = append(free, part)
		}
	}
	living = max(living, 1)
	got.least, got.share = partitions/living, (partitions+living-1)/living
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || buried == 0 {
		return free, err
	}
	return free, r.exec(ctx, "DELETE FROM "+s.table("members")+" WHERE until < "+s.dialect.now()+" - ?", memory.Microseconds())
}

// memory is for how long a dead member is kept.
const memory = time.Minute

func (r *relay) exec(ctx context.Context, text string, args ...any) error {
	_, err := r.t.db.ExecContext(ctx, r.t.settings.dialect.bound(text), args...)
	return err
}

// leave releases all partitions.
func (r *relay) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	s := r.t.settings
	if err := r.exec(ctx, "UPDATE "+s.table("leases")+" SET owner = '', until = 0 WHERE owner = ?", r.member); err != nil {
		s.log().Warn("outbox can't release its partitions, so the other instances wait for the end of the leases", "reason", err.Error())
		return
	}
	if err := r.exec(ctx, "DELETE FROM "+s.table("members")+" WHERE member = ?", r.member); err != nil {
		s.log().Warn("outbox can't leave the members", "reason", err.Error())
	}
}
