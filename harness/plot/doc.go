// Package plot draws the figures of one results folder, of two that are compared
// (Compared) and of a history of several (Trend), with gonum/plot, as SVG and PNG from
// the same description:
//
//   - Forest: every primary ratio with its interval;
//   - Strip: every sample of one unit, with the median and its interval;
//   - Phases: what a boot consists of, one stacked bar per target;
//   - ECDF: the share of trials at or below each value.
//
// A page has the words around a figure as text: WriteInline draws the rest, also as
// narrow as a phone.
//
// Numbers in a figure are those of the report, so that figure and table cannot
// disagree. A figure is 900 pixels wide, names host class and number of trials,
// and says below what one point is and what the limits are. Colours are those of
// Okabe and Ito, which colour-blind readers can tell apart; the place of a
// sample across its band is random by the seed of the run, so that the same
// folder always gives the same bytes.
//
// The package reads no folder and writes no file; all text is ASCII.
package plot
