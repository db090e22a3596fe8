// Package table writes tables with notes as text, Markdown, TeX, CSV and JSON, the
// same for every command: a Document is plain values, Write renders it.
//
// Text and Markdown are made with tablewriter, TeX is for the booktabs package. CSV
// holds the records only, with full precision; JSON is whatever value the document
// carries. All text is expected to be ASCII; nothing is wrapped but notes.
package table
