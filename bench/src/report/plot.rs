//! Bars: what was measured beside its baseline.

use plotters::prelude::*;

use super::Figure;
use crate::error::{Bench, During};

const WIDTH: u32 = 900;
const ROW: u32 = 34;
const MARGIN: u32 = 20;
/// Where the bars begin.
const LABELS: i32 = 460;
/// Length of the longest bar.
const BARS: f64 = 310.0;
const OURS: RGBColor = RGBColor(18, 110, 130);
const THEIRS: RGBColor = RGBColor(170, 175, 180);
const INK: RGBColor = RGBColor(60, 60, 60);

/// Draws those of the figures, all of one unit, that have a baseline, as an SVG text. `None` when none of them has. A figure that
/// stands beside several baselines is drawn once.
///
/// # Errors
/// When the drawing fails, which only memory could make it.
pub fn bars(title: &str, figures: &[&Figure]) -> Bench<Option<String>> {
    let rows = rows(figures);
    let longest = rows.iter().map(|(_, value, _)| *value).fold(0.0, f64::max);
    if longest <= 0.0 {
        return Ok(None);
    }
    let mut svg = String::new();
    let height = MARGIN * 2 + ROW * (rows.len() as u32 + 1);
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let ink = |size: i32| TextStyle::from(("sans-serif", size)).color(&INK);
        area.fill(&WHITE).during("drawing")?;
        area.draw_text(title, &ink(16), (MARGIN as i32, MARGIN as i32)).during("drawing")?;
        for (index, (label, value, colour)) in rows.iter().enumerate() {
            let top = (MARGIN + ROW * (index as u32 + 1)) as i32;
            let length = (value / longest * BARS).max(1.0) as i32;
            let bar = Rectangle::new([(LABELS, top), (LABELS + length, top + 20)], colour.filled());
            area.draw(&bar).during("drawing")?;
            area.draw_text(label, &ink(13), (MARGIN as i32, top + 4)).during("drawing")?;
            area.draw_text(&number(*value), &ink(13), (LABELS + length + 6, top + 4)).during("drawing")?;
        }
        area.present().during("drawing")?;
    }
    Ok(Some(svg))
}

/// Labels, values and colours: each metric, and under it what it stands beside.
fn rows(figures: &[&Figure]) -> Vec<(String, f64, RGBColor)> {
    let compared = figures.iter().filter_map(|figure| Some((*figure, figure.baseline_value?)));
    let mut drawn: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for (figure, _) in compared.clone() {
        if drawn.contains(&figure.metric.as_str()) {
            continue;
        }
        drawn.push(&figure.metric);
        rows.push((figure.metric.clone(), figure.value, OURS));
        let same = compared.clone().filter(|(other, _)| other.metric == figure.metric);
        rows.extend(same.map(|(other, there)| (format!("   {}", other.baseline), there, THEIRS)));
    }
    rows
}

/// Short, for people.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comparisons_are_drawn() {
        let alone = Figure::new("rate", "1/s", vec![5.0]);
        assert!(bars("alone", &[&alone]).expect("drawn").is_none());
        let beside = alone.beside("bare", &[10.0]);
        let svg = bars("beside", &[&beside]).expect("drawn").expect("a picture");
        assert!(svg.contains("<svg") && svg.contains("bare"));
    }

    #[test]
    fn a_figure_is_drawn_once_with_all_its_baselines() {
        let figure = Figure::new("rate", "1/s", vec![5.0]);
        let (bare, other) = (figure.clone().beside("bare", &[10.0]), figure.beside("other", &[2.0]));
        let second = Figure::new("second", "1/s", vec![3.0]).beside("bare", &[4.0]);
        let lone = Figure::new("lone", "1/s", vec![1e9]);
        let labels: Vec<String> =
            rows(&[&bare, &second, &lone, &other]).into_iter().map(|row| row.0).collect();
        assert_eq!(labels, ["rate", "   bare", "   other", "second", "   bare"]);
    }
}
