package main

func Example_main() {
	main()
	// Output:
	// index order 7
	// mail a link to order 7
}
