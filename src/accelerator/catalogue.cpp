// SPDX-License-Identifier: Apache-2.0
#include <h2h/accelerator/catalogue.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <h2h/base/files.hpp>
#include <h2h/base/text.hpp>

namespace h2h {
namespace {

constexpr Range<std::int64_t> kBits{1, 64};
constexpr Range<double> kBytes{1, 0x1p53};

void read_widths(const Section& entry, Device& device) {
  if (entry.is_section("data_bits")) {
    const Section bits = entry.section("data_bits");
    device.weight_bits = static_cast<int>(bits.integer("weights", kBits));
    device.activation_bits = static_cast<int>(bits.integer("activations", kBits));
    bits.finish();
  } else {
    device.weight_bits = device.activation_bits = static_cast<int>(entry.integer("data_bits", kBits));
  }
}

std::set<LayerType> read_types(const Section& entry) {
  const auto& names = layer_type_names();
  std::set<LayerType> types;
  const auto words = entry.texts("types");
  const auto places = entry.places("types");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), words[i]);
    if (found == names.end()) {
      throw Error(ErrorKind::input, places[i], fmt::format("unknown layer type '{}'", words[i]),
                  suggest(words[i], names));
    }
    types.insert(static_cast<LayerType>(found - names.begin()));
  }
  if (types.empty()) entry.fail("types", "an accelerator must run at least one type of layer");
  return types;
}

AcceleratorType read_type(const std::string& name, const Section& entry, const ModelFamilies& families) {
  AcceleratorType type;
  type.device.name = name;
  type.layer_types = read_types(entry);
  read_widths(entry, type.device);

  const Section dram = entry.section("dram");
  type.dram_bytes = std::floor(dram.quantity("capacity", Dimension::bytes, kBytes));
  if (dram.has("bandwidth")) {
    type.device.dram_Bps = dram.quantity("bandwidth", Dimension::bytes_per_second, kPositive<double>);
  }
  type.weight_share = dram.number("weight_share", type.weight_share, {0, 1});
  dram.finish();

  const Section power = entry.section("power");
  type.active_W = power.number("active_W", {0});
  type.idle_W = power.number("idle_W", 0, {0});
  power.finish();

  type.paper = entry.text("paper", "");
  type.board = entry.text("board", "");
  if (entry.has("provenance")) {
    const Section provenance = entry.section("provenance");
    for (const std::string& key : provenance.keys()) type.provenance.emplace_back(key, provenance.text(key));
  }

  type.family = entry.text("model");
  const auto family = families.find(type.family);
  if (family == families.end()) {
    std::vector<std::string> names;
    for (const auto& [known, _] : families) names.push_back(known);
    entry.fail("model", fmt::format("unknown model '{}'", type.family), suggest(type.family, names));
  }
  const Section parameters = entry.section("parameters");
  type.model = family->second.make(parameters, type.device);
  parameters.finish();
  if (!type.model)
    throw Error(ErrorKind::internal, fmt::format("the factory of model '{}' makes none", type.family));
  for (const LayerType layer_type : type.layer_types) {
    if (!type.model->runs(layer_type)) {
      entry.fail("types",
                 fmt::format("model '{}' with these parameters does not run {} layers", type.family,
                             to_string(layer_type)),
                 "take the type out, or add the parameters that it needs");
    }
  }
  entry.finish();
  return type;
}

}  // namespace

std::string_view to_string(Bottleneck bottleneck) {
  switch (bottleneck) {
    case Bottleneck::compute:
      return "compute";
    case Bottleneck::dram:
      return "DRAM";
    case Bottleneck::given:
      return "given";
  }
  return "";
}

std::string_view to_string(IfmExtent extent) {
  return extent == IfmExtent::input ? "input" : "output-doubled";
}

double Device::layer_bytes(const Layer& layer) const {
  constexpr double kBitsPerByte = 8;
  const auto weights = static_cast<double>(layer.weights());
  const auto activations = static_cast<double>(layer.batch) *
                           static_cast<double>(layer.input().elements() + layer.output().elements());
  return (weights * weight_bits + activations * activation_bits) / kBitsPerByte;
}

double Device::require_dram_Bps(const Section& parameters) const {
  if (dram_Bps) return *dram_Bps;
  throw Error(ErrorKind::input, parameters.where(),
              fmt::format("accelerator '{}' needs dram.bandwidth", name),
              "add it to its dram, such as {capacity: 1GB, bandwidth: 12.8GBps}");
}

std::optional<ComputeTime> AcceleratorType::time(const Layer& layer) const {
  if (!layer_types.contains(layer.type())) return std::nullopt;
  const auto time = model->time(layer);
  constexpr double kLongest_s = 1e9;  // thirty years; SimGrid's clock cannot go on for ever
  if (time && !(time->seconds >= 0 && time->seconds <= kLongest_s)) {
    throw Error(ErrorKind::input,
                fmt::format("accelerator '{}' takes {} s for layer '{}'", name(), time->seconds, layer.name),
                "its parameters are out of all proportion");
  }
  return time;
}

const AcceleratorType* Catalogue::find(std::string_view name) const {
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const auto& type) { return type.name() == name; });
  return found == types.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::names() const {
  std::vector<std::string> all;
  for (const AcceleratorType& type : types) all.push_back(type.name());
  return all;
}

Catalogue parse_catalogue(std::string_view yaml, const std::string& file, const ModelFamilies& families) {
  return parse_catalogue(Section::parse(yaml, file), file, families);
}

Catalogue parse_catalogue(const Section& root, const std::string& file, const ModelFamilies& families) {
  static const std::array<std::string, 2> kExtents = {"input", "output-doubled"};
  Catalogue catalogue;
  catalogue.file = file;
  catalogue.ifm_extent =
      root.choice("ifm_extent", kExtents, "input") == "input" ? IfmExtent::input : IfmExtent::output_doubled;
  const Section accelerators = root.section("accelerators");
  for (const std::string& name : accelerators.keys()) {
    catalogue.types.push_back(read_type(name, accelerators.section(name), families));
  }
  if (catalogue.types.empty()) root.fail("accelerators", "a catalogue needs at least one accelerator");
  root.finish();
  return catalogue;
}

Catalogue read_catalogue(const std::filesystem::path& path, const ModelFamilies& families) {
  return parse_catalogue(read_file(path), path.string(), families);
}

}  // namespace h2h
