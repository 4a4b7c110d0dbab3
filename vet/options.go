package vet

// options is the fact that a variable or a function holds or returns these parts of an
// application.
type options struct{ Parts []part }

func (*options) AFact() {}

func (p *pkg) exportOptions() {}

func (p *pkg) checkApplications() {}
