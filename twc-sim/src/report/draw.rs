//! Numbers into SVG.

use plotters::prelude::*;

use super::series::{Plot, Series};

const SIZE: (u32, u32) = (1_000, 260);
const COLOURS: [RGBColor; 6] =
    [RGBColor(170, 0, 0), RGBColor(230, 140, 0), RGBColor(0, 90, 180), RGBColor(0, 140, 60), BLACK, MAGENTA];

/// One diagram.
pub(super) fn svg(plot: &Plot) -> Result<String, String> {
    let mut text = String::new();
    draw(plot, &mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

fn draw(plot: &Plot, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    let values = || plot.series.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let top = values().fold(1.0, f64::max) * 1.1;
    let bottom = values().fold(0.0, f64::min) * 1.1;
    let mut chart = ChartBuilder::on(&root)
        .margin(6)
        .x_label_area_size(34)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..plot.seconds.max(1.0), bottom..top)?;
    chart.configure_mesh().x_desc("seconds").y_desc(plot.unit).light_line_style(TRANSPARENT).draw()?;
    for (series, colour) in plot.series.iter().zip(COLOURS.into_iter().cycle()) {
        let line = LineSeries::new(steps(series, plot.seconds), colour.stroke_width(1));
        chart
            .draw_series(line)?
            .label(series.name.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).draw()?;
    root.present()?;
    drop(chart);
    drop(root);
    Ok(())
}

/// Each value holds until the next one, and the last until the end.
fn steps(series: &Series, seconds: f64) -> Vec<(f64, f64)> {
    let mut corners = Vec::with_capacity(series.points.len() * 2 + 1);
    for (time, value) in &series.points {
        if let Some((_, before)) = corners.last().copied() {
            corners.push((*time, before));
        }
        corners.push((*time, *value));
    }
    if let Some((_, last)) = corners.last().copied() {
        corners.push((seconds, last));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_until_the_next_and_the_last_until_the_end() {
        let series = Series { name: String::new(), points: vec![(1.0, 6.0), (3.0, 16.0)] };
        assert_eq!(steps(&series, 5.0), [(1.0, 6.0), (3.0, 6.0), (3.0, 16.0), (5.0, 16.0)]);
    }
}
