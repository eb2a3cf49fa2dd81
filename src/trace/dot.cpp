// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <boost/graph/graphviz.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/base/text.hpp>
#include <h2h/base/units.hpp>
#include <h2h/trace/export.hpp>

#include "palette.hpp"

namespace h2h {
namespace {

std::string in_quotes(const std::string& text) {
  return boost::escape_dot_string(without_controls(text));
}

/// Dark text on light colours, light text on dark ones.
std::string_view text_on(const Colour& colour) {
  // Luma of ITU-R BT.601.
  constexpr double kRed = 0.299;
  constexpr double kGreen = 0.587;
  constexpr double kBlue = 0.114;
  constexpr double kMiddle = 140;
  return kRed * colour.red + kGreen * colour.green + kBlue * colour.blue > kMiddle ? "#202124" : "#ffffff";
}

void write_layers(std::ostream& out, const Problem& problem, const Mapping& mapping) {
  for (LayerIndex i = 0; i < problem.layers(); ++i) {
    const Layer& layer = problem.workload().layer(i);
    const Accelerator& device = problem.system().accelerators[mapping.accelerator[i]];
    const Colour colour = colour_of_group(mapping.accelerator[i]);
    const std::string tip =
        fmt::format("{} {} on {} {}, {}B of weights{}", to_string(layer.type()), layer.name, device.name,
                    device.type.name(),
                    with_si_prefix(static_cast<double>(problem.cost(i, mapping.accelerator[i]).weight_bytes)),
                    mapping.pinned[i] != 0 ? ", pinned" : "");
    fmt::print(out, "  n{} [label={}, fillcolor=\"{}\", fontcolor=\"{}\", tooltip={}{}];\n", i,
               in_quotes(layer.name), colour.hex(), text_on(colour), in_quotes(tip),
               mapping.pinned[i] != 0 ? ", peripheries=2" : "");
  }
}

void write_edges(std::ostream& out, const Problem& problem, const Mapping& mapping) {
  for (TensorIndex t = 0; t < problem.tensors(); ++t) {
    const Tensor& tensor = problem.tensor(t);
    if (tensor.is_network_input()) continue;
    const bool crosses = mapping.accelerator[tensor.producer] != mapping.accelerator[tensor.consumer];
    const std::string_view style = mapping.fused[t] != 0 ? "style=bold, penwidth=3"
                                   : crosses             ? "style=dashed"
                                                         : "style=solid";
    const auto bytes = static_cast<double>(problem.input_bytes(t, mapping.accelerator[tensor.consumer]));
    fmt::print(out, "  n{} -> n{} [{}, tooltip={}{}];\n", tensor.producer, tensor.consumer, style,
               in_quotes(fmt::format("{}B{}", with_si_prefix(bytes), mapping.fused[t] != 0 ? ", fused" : "")),
               tensor.role == Dependency::Role::residual ? ", arrowhead=empty" : "");
  }
}

/// Accelerators that have layers, side by side.
void write_legend(std::ostream& out, const Problem& problem, const Mapping& mapping) {
  out << "  subgraph cluster_legend {\n    label=\"accelerators\"; style=rounded; color=\"#9aa0a6\";\n";
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    if (mapping.order[a].empty()) continue;
    const Accelerator& device = problem.system().accelerators[a];
    const Colour colour = colour_of_group(a);
    fmt::print(out, "    a{} [label={}, fillcolor=\"{}\", fontcolor=\"{}\"];\n", a,
               in_quotes(fmt::format("{} {}", device.name, device.type.name())), colour.hex(),
               text_on(colour));
  }
  out << "  }\n";
}

}  // namespace

void write_dot(std::ostream& out, const Problem& problem, const Mapping& mapping) {
  fmt::print(out, "digraph {} {{\n", in_quotes(problem.workload().name()));
  fmt::print(out, "  label={}; labelloc=t; fontname=\"Helvetica\";\n",
             in_quotes(fmt::format("{} on {}: double outline: weights pinned; thick: fused; dashed: between "
                                   "accelerators; hollow arrow: residual",
                                   problem.workload().name(), problem.system().name)));
  out << "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11];\n"
         "  edge [color=\"#5f6368\"];\n";
  write_legend(out, problem, mapping);
  write_layers(out, problem, mapping);
  write_edges(out, problem, mapping);
  out << "}\n";
}

}  // namespace h2h
