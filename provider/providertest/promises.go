package providertest

// promise is one promise of a provider, and the check for it.
type promise struct {
	name  string // of the subtest
	text  string
	check func(*trial)
}

var promises = []promise{
	{"exact type", "an event reaches the listeners of its exact type, and of no other type", checkTypes},
	{"interfaces", "an event reaches the listeners of each interface that it implements", checkInterfaces},
	{"names", "an event with a name reaches the listeners of that name", checkNames},
	{"order", "listeners come in the order in which the provider was given them", checkOrder},
	{"nobody", "an event that nobody listens to has a list without listeners, and no error", checkNobody},
	{"nil", "nil is no event: asking for it is a *rollcall.NilError", checkNil},
	{"same answer", "an event gets the same answer whatever was asked before", checkSameAnswer},
	{"asking", "to ask for listeners calls none of them", checkAsking},
	{"calling", "the functions of a list are those of its listeners, in order, and get event and context", checkCalling},
	{"in flight", "a list never changes, so that a dispatch keeps the listeners that it began with", checkInFlight},
	{"every event", "an answer that is said to hold for every event of its type is the answer for each of them", checkEveryEvent},
	{"leases", "an answer is not remembered for longer than it holds", checkLeases},
	{"all", "All lists every listener once", checkAll},
	{"adding", "an added listener hears the next event, and a removed one does not", checkAdding},
	{"concurrent", "many goroutines may use a provider at the same time", checkConcurrent},
	{"concurrent adding", "a provider may be asked while a listener is added or removed", checkConcurrentAdding},
}
