// Package compare decides whether one stored run is worse than another of the same
// suite and host class: the gate of bench compare, by the rules of the harness
// contract (sections 3 and 7).
//
// New first refuses what cannot be compared, as a *Mismatch: another suite or host
// class, an emulated processor against a real one, sets of benchmarks, targets and
// units that differ (unless allowed). Then each benchmark, target and unit gets a Row:
//
//   - the medians with their order-statistic intervals;
//   - the ratio of the medians, new/old, with a seeded bootstrap interval, over blocks
//     where the blocks of the two runs pair, else over trials;
//   - p of the Mann-Whitney test, which is that of stock benchstat and decides, and of the
//     signed ranks of blocks where they pair;
//   - for primary metrics, p corrected by Holm over all of them;
//   - a verdict.
//
// Blocks pair when the runs took turns: all of block k of both was over before block
// k+1 of either began. Only then do the two halves of a pair share what the host did.
//
// Where both runs stored canaries, a fixed loop of the harness before each block, a
// warning says if the host itself ran at another speed by the threshold or more.
//
// Verdicts. A difference is shown when p is below the level and the ratio is away from
// 1 by the threshold or more, which is the greater of the one that was asked for and
// noise.Factor noise floors of the host class. It is a regression or an improvement
// by the unit's direction. Otherwise, if the whole interval of the ratio lies within
// the threshold, no difference is shown; if it does not, the runs are too noisy to
// say so, or too few (under six trials on a side, or fewer than the test needs to reach
// the level at all). Primary metrics decide about the outcome; all others are exploratory. A unit
// without a distribution (assume=exact) has neither p nor threshold: any change is an
// event.
//
// Arms does the same for the two builds of one run, whose blocks are shared and whose
// trials of a benchmark ran next to each other. There the ratio is the median over blocks of
// the ratio of the two neighbours, and the test of the signed ranks decides: both leave out
// what the host did for longer than a pair of trials took. A
// regression found there is looked at again in a second run with another layout of the
// program (Confirm), because where the linker puts functions can alone make a program
// slower, every time.
//
// Steps of sweeps are not compared, what the sweep found (slo-req/s) is. The package
// reads no files and prints nothing; all randomness is seeded by the two runs.
package compare
