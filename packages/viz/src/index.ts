export { assignmentOverlay, type Matches } from './assignment.ts';
export { colorOf, palette } from './colors.ts';
export { type Comparison, comparisonSvg, drawComparison } from './comparison.ts';
export { answersOf, type ComparedStrategy, type ComparedTargets } from './comparison-panel.ts';
export { type CurvesOptions, curvesSvg, type Series } from './curves.ts';
export { type BoxesOptions, boxesOverlay, type Size } from './overlay.ts';
export { drawAssignment, drawBoxes, encodeJpeg, encodePng, type GridOptions, grid, sideBySide } from './raster.ts';
export { htmlReport, type ReportMatches, type ReportOptions, type ReportPrediction } from './report.ts';
export { svgDocument } from './svg.ts';
