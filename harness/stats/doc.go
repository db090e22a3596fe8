// Package stats is the arithmetic of the harness contract (section 7):
// distribution-free summaries, tests and intervals over trials, where one trial
// is one fresh boot or process.
//
//   - Median: median with its order-statistic interval, Exact for quantities
//     without a distribution, Quantile, Tukey labels.
//   - MannWhitney: the unpaired test, the same that benchstat makes.
//   - SignedRank: the blocked test, exact over all sign patterns.
//   - MedianRatio: effect size, with a bootstrap interval over whole blocks;
//     MedianRatioApart: the same over values, for sides that share no blocks;
//     MedianOfRatios: the median over blocks of the ratio in each, for sides that
//     run next to each other.
//   - GeoMean over ratios, Holm for a family of tests.
//   - MonotonicTrend: Theil-Sen slope and Mann-Kendall test of values in their order.
//
// Median and MannWhitney are golang.org/x/perf/benchmath, so that their numbers
// equal those of stock benchstat. Values go in and out; warnings are values too,
// in plain words. Nothing is dropped: outliers are only labelled. Randomness
// comes from a seed that the caller gives, so every number can be reproduced.
//
// The package reads no files, knows no units and prints nothing.
package stats
