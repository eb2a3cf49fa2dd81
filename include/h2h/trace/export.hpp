// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include <h2h/trace/timeline.hpp>

namespace h2h {

/// What the colour of a bar says.
enum class ColourBy : std::uint8_t {
  kind,     ///< the type of the layer that is computed, or what is transferred: weights, inputs, outputs
  modality  ///< the modality of the layer
};
std::string_view to_string(ColourBy what);

// Views of schedules. traces/README.md says what each shows. Equal timelines give equal bytes.

/// A Paje trace for ViTE and pajeng: timelines below each other on one time axis, under one root.
/// @param root its name
void write_paje(std::ostream& out, std::span<const Timeline> timelines, std::string_view root,
                ColourBy colours = ColourBy::kind);

/// A trace in the JSON of Chrome, for ui.perfetto.dev and chrome://tracing: timelines as groups of processes.
void write_chrome_trace(std::ostream& out, std::span<const Timeline> timelines);

/// A Gantt chart as a picture (SVG 1.1) that stands by itself; details of a bar are its tooltip.
void write_svg_gantt(std::ostream& out, const Timeline& timeline, ColourBy colours = ColourBy::kind);

/// The layer graph for Graphviz, coloured by accelerator: layers with pinned weights have a double outline,
/// fused edges are thick, edges between accelerators are dashed.
void write_dot(std::ostream& out, const Problem& problem, const Mapping& mapping);

}  // namespace h2h
