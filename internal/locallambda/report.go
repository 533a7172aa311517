package locallambda

import (
	"fmt"
	"time"
)

// start says that the invoke phase begins. The life is nil if it failed to begin.
func (r *run) start(l *life) {
	r.started = now()
	r.say(fmt.Sprintf("START RequestId: %s Version: %s", r.id, r.options().Version))
	if l != nil {
		l.telemetry.platform("start", startRecord{r.id, r.options().Version, r.sampled()})
	}
}

// runtimeDone says that the runtime has done with the event, the first time that
// it is called. That a function returned an error does not matter here: the
// runtime has reported it, and goes on.
func (r *run) runtimeDone(l *life, d *defect, err error) {
	if r.runtimeTook > 0 {
		return
	}
	ended := now()
	r.runtimeTook = ended.Sub(r.started)
	if l == nil {
		return
	}
	l.drain()
	status, kind := statusOf(d, err)
	record := runtimeDoneRecord{
		RequestID: r.id, Status: status, ErrorType: kind, Tracing: r.sampled(),
		Metrics: runtimeMetrics{DurationMs: milliseconds(r.runtimeTook)},
	}
	if r.isAnswered() {
		record.Metrics.ProducedBytes = r.response.produced
		record.Spans = r.spans(ended)
	}
	l.telemetry.platform("runtimeDone", record)
}

// spans divide the time of the runtime.
func (r *run) spans(ended time.Time) []span {
	a := r.response
	if a.began.IsZero() {
		return nil
	}
	return []span{newSpan("responseLatency", r.handed, a.began), newSpan("responseDuration", a.began, a.ended), newSpan("runtimeOverhead", a.ended, ended)}
}

// report says that the invoke phase has ended.
func (r *run) report(l *life, d *defect, err error) {
	took := since(r.started)
	if err != nil {
		took = r.options().Timeout
	}
	status, kind := statusOf(d, err)
	billed := int64((took + r.initialized + time.Millisecond - 1) / time.Millisecond)
	memory := r.options().Memory
	r.say("END RequestId: " + r.id)
	text := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		r.id, milliseconds(took), billed, memory, memory)
	if r.initialized > 0 {
		text += fmt.Sprintf("Init Duration: %.2f ms\t", milliseconds(r.initialized))
	}
	if status != statusSuccess {
		text += "Status: " + status
	}
	if kind != "" {
		text += "\tError Type: " + kind
	}
	r.say(text)
	if l == nil {
		return
	}
	record := reportRecord{
		RequestID: r.id, Status: status, ErrorType: kind, Tracing: r.sampled(),
		Metrics: reportMetrics{
			DurationMs: milliseconds(took), BilledDurationMs: billed, MemorySizeMB: memory, MaxMemoryUsedMB: memory,
			InitDurationMs: milliseconds(r.initialized),
		},
	}
	internal, external := l.kinds()
	if over := took - r.runtimeTook; status == statusSuccess && over > 0 && (internal || external) {
		done := r.started.Add(r.runtimeTook)
		record.Spans = []span{newSpan("extensionOverhead", done, done.Add(over))}
	}
	l.telemetry.platform("report", record)
}

// say writes a line of the platform's own.
func (r *run) say(text string) {
	r.log.add(text)
	r.function.say(r.environment, text)
}

// outcome is what the caller gets.
func (r *run) outcome(took time.Duration) Result {
	if r.cut != nil {
		return Result{}
	}
	result := Result{
		RequestID: r.id, Payload: r.response.payload, ContentType: r.response.contentType,
		ExecutedVersion: r.options().Version, LogTail: r.log.bytes(), Environment: r.name,
		InitDuration: r.initialized, Duration: took,
	}
	if r.response.err != "" {
		result.FunctionError = unhandled
	}
	return result
}
