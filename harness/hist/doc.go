// Package hist keeps latency histograms in files and reads them for figures: the
// interval log of HdrHistogram, version 1.3 (HdrHistogram's HistogramLogWriter),
// one file a trial, one line an interval, each with a tag.
//
//	#[Histogram log format version 1.3]
//	"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
//	Tag=corrected,0.000,0.300,1.234,HISTFAAAA...
//
// Times of lines are seconds since the first interval; values in histograms are
// nanoseconds, and Interval_Max is in milliseconds, as the format's tools expect.
//
// Histograms of trials are merged for figures only. Numbers in tables are made of
// the quantiles of single trials, because a merged tail belongs to no trial.
package hist
