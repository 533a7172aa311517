package item

// Probe returns the name of the attribute of a probe slot.
func Probe(slot int) string { return probe(slot) }
