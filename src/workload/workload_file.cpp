// SPDX-License-Identifier: Apache-2.0
#include <h2h/workload/workload_file.hpp>

#include <algorithm>
#include <array>

#include <h2h/base/files.hpp>
#include <h2h/base/section.hpp>

#include "layer_reader.hpp"

namespace h2h {
namespace {

LayerDescription read_layer(const Section& section, std::int64_t batch) {
  LayerDescription description;
  description.where = section.where();
  Layer& layer = description.layer;
  layer.name = section.text("name");
  if (layer.name.empty()) section.fail("name", "a layer needs a name");
  layer.modality = section.text("modality", "");
  layer.batch = batch;
  const auto& types = layer_type_names();
  section.text("type");  // required
  const std::string type = section.choice("type", types, "");
  layer.operation = read_operation(
      static_cast<LayerType>(std::find(types.begin(), types.end(), type) - types.begin()), section);
  if (section.has("inputs")) {
    description.inputs = section.texts("inputs");
    description.input_places = section.places("inputs");
  }
  if (section.has("residual")) {
    description.residual = section.texts("residual");
    description.residual_places = section.places("residual");
  }
  section.finish();
  return description;
}

WorkloadDescription read_description(std::string_view yaml, const std::string& file) {
  static const std::array<std::string, 2> kShapes = {"checked", "unchecked"};
  const Section root = Section::parse(yaml, file);
  WorkloadDescription description;
  description.where = root.where();
  description.name = root.text("name");
  const std::int64_t batch = root.integer("batch", 1, {1});
  const bool unchecked = root.choice("shapes", kShapes, "checked") == "unchecked";
  const std::string reason = root.text("reason", "");
  if (unchecked && reason.empty()) {
    root.fail("shapes", "'shapes: unchecked' needs a 'reason'",
              "say which shapes do not fit, and why they stand so");
  }
  if (!unchecked && !reason.empty()) root.fail("reason", "'reason' goes with 'shapes: unchecked'");
  description.unchecked_reason = reason;
  root.for_each("layers",
                [&](const Section& layer) { description.layers.push_back(read_layer(layer, batch)); });
  root.finish();
  return description;
}

}  // namespace

Workload parse_workload(std::string_view yaml, const std::string& file) {
  // The document is gone before the graph is built: of a large workload it takes most of the memory.
  return Workload(read_description(yaml, file));
}

Workload read_workload(const std::filesystem::path& path) {
  return parse_workload(read_file(path), path.string());
}

}  // namespace h2h
