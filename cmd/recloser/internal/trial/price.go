package trial

import (
	"math"

	"github.com/recloser-dev/recloser/simulator"
)

// Prices are what AWS asks in us-east-1, in dollars. They are those of its public
// price list of 2026-11-15.
type Prices struct {
	// Date is the day of the price list, and Region is where it applies.
	Date   string `json:"date"`
	Region string `json:"region"`
	// Write and Read are of a million request units of DynamoDB, on demand: a
	// record has one unit or less, and is read consistently.
	Write float64 `json:"dynamodb_write_per_million"`
	Read  float64 `json:"dynamodb_read_per_million"`
	// Second is of a second of a Lambda function on x86 with a gigabyte, and
	// Memory is how many gigabytes one is taken to have.
	Second float64 `json:"lambda_gigabyte_second"`
	Memory float64 `json:"lambda_gigabytes"`
}

// CurrentPrices returns the prices by which costs are computed.
func CurrentPrices() Prices {
	return Prices{
		Date: "2026-11-15", Region: "us-east-1",
		Write: 0.625, Read: 0.125,
		Second: 0.0000166667, Memory: 0.5,
	}
}

// store returns what the operations of a run cost, by a million requests.
func (p Prices) store(c *simulator.Counts) float64 {
	return perMillion(c, (float64(c.Writes)*p.Write+float64(c.Reads)*p.Read)/1e6)
}

// calls returns what the time costs that functions spent in calls, and waiting for
// the store, by a million requests.
func (p Prices) calls(c *simulator.Counts) float64 {
	return perMillion(c, c.Busy.Seconds()*p.Memory*p.Second)
}

func perMillion(c *simulator.Counts, dollars float64) float64 {
	if c.Requests == 0 {
		return math.NaN()
	}
	return dollars / float64(c.Requests) * 1e6
}
