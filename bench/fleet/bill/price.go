package bill

// Price is what DynamoDB asks for, on demand.
type Price struct {
	// ReadUnit and WriteUnit are in dollars for a million units.
	ReadUnit  float64 `json:"million_read_units"`
	WriteUnit float64 `json:"million_write_units"`
	Region    string  `json:"region"`
	// Date is when the prices were looked up.
	Date string `json:"date"`
}

// Prices are those of a table of the standard class, as they have stood since
// November 2024. Nothing but the column of dollars depends on them.
func Prices() Price {
	return Price{ReadUnit: 0.125, WriteUnit: 0.625, Region: "us-east-1", Date: "2026-11-25"}
}

// Dollars returns what a million calls of the phase cost, of a fleet on DynamoDB.
// A write that is refused, because its condition does not hold, costs what it
// would have cost otherwise: a unit, since no record is larger than a kilobyte.
func (p Phase) Dollars(price Price) float64 {
	r := p.Requests
	units := r.ReadUnits*price.ReadUnit + (r.WriteUnits+float64(r.Refused))*price.WriteUnit
	return perCall(units, p)
}
