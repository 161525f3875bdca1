//! The figures of one case. Every figure stands beside another one of the same run.

use serde::{Deserialize, Serialize};

use super::Machine;

/// One measured value beside its baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub metric: String,
    /// In which unit.
    pub unit: String,
    /// The median of the samples.
    pub value: f64,
    /// What it stands beside.
    pub baseline: String,
    /// The same, measured there; `null` where the case has no baseline.
    pub baseline_value: Option<f64>,
    /// Value divided by baseline value.
    pub ratio: Option<f64>,
    /// Every sample, in the order in which they were taken.
    pub samples: Vec<f64>,
}

/// One case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub case: String,
    /// The figure that the case is about.
    #[serde(flatten)]
    pub main: Figure,
    /// Further figures of the same run.
    pub more: Vec<Figure>,
    /// Whether the sizes were those of `--quick`, which are too small to be quoted.
    pub quick: bool,
    /// Where it ran.
    pub machine: Machine,
}

impl Figure {
    /// A figure from its samples, without a baseline.
    pub fn new(metric: &str, unit: &str, samples: Vec<f64>) -> Figure {
        Figure {
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            value: rounded(median(&samples)),
            baseline: "none".to_owned(),
            baseline_value: None,
            ratio: None,
            samples: samples.into_iter().map(rounded).collect(),
        }
    }

    /// Beside a baseline's samples.
    pub fn beside(mut self, baseline: &str, samples: &[f64]) -> Figure {
        let there = rounded(median(samples));
        self.baseline = baseline.to_owned();
        self.baseline_value = Some(there);
        self.ratio = (there != 0.0).then(|| rounded(self.value / there));
        self
    }
}

impl Outcome {
    /// Of a case, with its main figure first.
    pub fn new(case: &str, quick: bool, figures: Vec<Figure>) -> Option<Outcome> {
        let mut figures = figures.into_iter();
        let main = figures.next()?;
        let machine = Machine::here();
        Some(Outcome { case: case.to_owned(), main, more: figures.collect(), quick, machine })
    }

    /// All figures, the main one first.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        std::iter::once(&self.main).chain(&self.more)
    }
}

/// The middle sample; of an even number, the mean of the two in the middle; of none, 0.
fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Four significant digits: more is noise.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_digits() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(rounded(123_456.0), 123_500.0);
        assert_eq!(rounded(0.000_123_456), 0.000_123_5);
        assert_eq!(rounded(0.0), 0.0);
    }

    #[test]
    fn a_figure_knows_its_ratio() {
        let figure = Figure::new("rate", "1/s", vec![50.0]).beside("bare", &[100.0]);
        assert_eq!((figure.value, figure.baseline_value, figure.ratio), (50.0, Some(100.0), Some(0.5)));
        assert_eq!(Figure::new("rate", "1/s", vec![50.0]).beside("bare", &[0.0]).ratio, None);
    }
}
