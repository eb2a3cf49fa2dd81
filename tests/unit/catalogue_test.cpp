// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/plugin/registry.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using testing::ElementsAre;

const ModelFamilies& families() {
  static const Registry registry = builtin_registry();
  return registry.models();
}

Catalogue parse(std::string_view yaml) {
  return parse_catalogue(yaml, "c.yaml", families());
}

/// A catalogue with one entry X, whose keys begin in column 5 of line 3.
std::string one_entry(const std::vector<std::string>& keys) {
  std::string yaml = "accelerators:\n  X:\n";
  for (const std::string& key : keys) yaml += fmt::format("    {}\n", key);
  return yaml;
}

/// A sound entry with some of its keys replaced, by name; an empty replacement leaves the key out.
std::string entry_with(const std::vector<std::string>& replacements) {
  std::vector<std::string> keys = {"types: [conv, fc]",
                                   "model: roofline",
                                   "parameters: {peak_GOPS: 10}",
                                   "data_bits: 16",
                                   "dram: {capacity: 1GB, bandwidth: 4.5GBps}",
                                   "power: {active_W: 5}"};
  for (const std::string& replacement : replacements) {
    const std::string name = replacement.substr(0, replacement.find(':'));
    const auto same = [&](const std::string& key) { return key.substr(0, key.find(':')) == name; };
    const auto found = std::find_if(keys.begin(), keys.end(), same);
    if (found == keys.end()) {
      keys.push_back(replacement);
    } else if (replacement.find(':') == std::string::npos) {
      keys.erase(found);
    } else {
      *found = replacement;
    }
  }
  return one_entry(keys);
}

/// '@' marks the place.
void expect_error(const std::string& marked_yaml, std::string_view says) {
  const auto [yaml, place] = test::marked(marked_yaml);
  EXPECT_EQ(error_of([&] { parse(yaml); }), fmt::format("input: c.yaml:{}: {}", place, says));
}

TEST(Catalogue, EveryKey) {
  const Catalogue catalogue = parse(
      "ifm_extent: output-doubled\n"
      "accelerators:\n"
      "  C.Z:\n"
      "    types: [conv, pool]\n"
      "    model: tiled-loop\n"
      "    parameters: {frequency_MHz: 100, Tm: 64, Tn: 7, Tr: 13, Tc: 13}\n"
      "    data_bits: {weights: 8, activations: 16}\n"
      "    dram: {capacity: 1GiB, bandwidth: 4.5GBps, weight_share: 0.25}\n"
      "    power: {active_W: 18.61, idle_W: 2}\n"
      "    paper: 'Zhang et al., FPGA 2015'\n"
      "    board: VC707\n"
      "    provenance: {Tm: recalled, data_bits: paper}\n"
      "  B.A:\n"
      "    types: [fc]\n"
      "    model: table\n"
      "    parameters: {layers: {}}\n"
      "    data_bits: 32\n"
      "    dram: {capacity: 1.5kB}\n"
      "    power: {active_W: 0}\n");
  EXPECT_EQ(catalogue.file, "c.yaml");
  EXPECT_EQ(catalogue.ifm_extent, IfmExtent::output_doubled);
  EXPECT_THAT(catalogue.names(), ElementsAre("C.Z", "B.A")) << "in file order";
  const AcceleratorType& cz = *catalogue.find("C.Z");
  EXPECT_EQ(cz.name(), "C.Z");
  EXPECT_THAT(cz.layer_types, ElementsAre(LayerType::conv, LayerType::pool));
  EXPECT_EQ(cz.family, "tiled-loop");
  EXPECT_EQ(cz.device.weight_bits, 8);
  EXPECT_EQ(cz.device.activation_bits, 16);
  EXPECT_EQ(cz.device.dram_Bps, 4.5e9);
  EXPECT_EQ(cz.dram_bytes, 1073741824);
  EXPECT_EQ(cz.weight_share, 0.25);
  EXPECT_EQ(cz.active_W, 18.61);
  EXPECT_EQ(cz.idle_W, 2);
  EXPECT_EQ(cz.paper, "Zhang et al., FPGA 2015");
  EXPECT_EQ(cz.board, "VC707");
  EXPECT_THAT(cz.provenance, ElementsAre(std::pair("Tm", "recalled"), std::pair("data_bits", "paper")));
  const AcceleratorType& ba = *catalogue.find("B.A");
  EXPECT_EQ(ba.device.weight_bits, 32);
  EXPECT_EQ(ba.device.activation_bits, 32);
  EXPECT_EQ(ba.device.dram_Bps, std::nullopt);
  EXPECT_EQ(ba.dram_bytes, 1500);
  EXPECT_EQ(ba.weight_share, 0.5);
  EXPECT_EQ(ba.idle_W, 0);
  EXPECT_EQ(catalogue.find("b.a"), nullptr);
}

TEST(Catalogue, DefaultsAndWords) {
  const Catalogue catalogue = parse(entry_with({}));
  EXPECT_EQ(catalogue.ifm_extent, IfmExtent::input);
  EXPECT_EQ(to_string(IfmExtent::input), "input");
  EXPECT_EQ(to_string(IfmExtent::output_doubled), "output-doubled");
  EXPECT_EQ(to_string(Bottleneck::compute), "compute");
  EXPECT_EQ(to_string(Bottleneck::dram), "DRAM");
  EXPECT_EQ(to_string(Bottleneck::given), "given");
  EXPECT_EQ(parse("ifm_extent: input\n" + entry_with({})).ifm_extent, IfmExtent::input);
}

TEST(Catalogue, TypesSayWhatRuns) {
  const Catalogue catalogue =
      parse(entry_with({"types: [fc]", "model: table", "parameters: {layers: {known: 0.5, conv: 1}}"}));
  const AcceleratorType& type = catalogue.types[0];
  EXPECT_DOUBLE_EQ(type.time({"known", "", FullyConnected{2, 2}, 3})->seconds, 1.5) << "a batch of three";
  EXPECT_EQ(type.time({"other", "", FullyConnected{2, 2}, 1}), std::nullopt) << "not in the table";
  EXPECT_EQ(type.time({"conv", "", Conv{1, 1, 1, 1}, 1}), std::nullopt)
      << "in the table, but of a type that does not run here";
}

TEST(Catalogue, BytesOfALayer) {
  // 30 weights of 16 bits are 60 bytes; a batch of two reads 10 and writes 3 numbers of 8 bits each, 26
  // bytes.
  const Device device{"X", 16, 8, 1e9};
  EXPECT_EQ(device.layer_bytes({"f", "", FullyConnected{10, 3}, 2}), 86);
}

TEST(Catalogue, ErrorsOfTheFile) {
  expect_error("@ifm_extent: input\n", "the document lacks the key 'accelerators'");
  expect_error("accelerators: @{}\n", "a catalogue needs at least one accelerator");
  expect_error("accelerators: @[]\n", "'accelerators' must be a mapping of keys to values, not a list");
  expect_error("accelerators:\n  X: @3\n",
               "'accelerators.X' must be a mapping of keys to values, not a single value");
  expect_error("ifm_extent: @output\n" + entry_with({}),
               "'ifm_extent' cannot be 'output'; known: input and output-doubled");
  expect_error("ifm_extent: @inputs\n" + entry_with({}),
               "'ifm_extent' cannot be 'inputs'; did you mean 'input'?");
  expect_error(entry_with({}) + "accelerator: @X\n",
               "unknown key 'accelerator'; did you mean 'accelerators'?");
  expect_error(entry_with({}) + "  @X: {}\n", "key 'X' stands twice; keep one");
}

TEST(Catalogue, EveryRequiredKeyIsMissed) {
  for (const std::string key : {"types", "model", "parameters", "data_bits", "dram", "power"}) {
    EXPECT_EQ(error_of([&] { parse(entry_with({key})); }),
              fmt::format("input: c.yaml:3:5: 'accelerators.X' lacks the key '{}'", key));
  }
  expect_error(entry_with({"dram: @{bandwidth: 1GBps}"}), "'accelerators.X.dram' lacks the key 'capacity'");
  expect_error(entry_with({"power: @{idle_W: 1}"}), "'accelerators.X.power' lacks the key 'active_W'");
  expect_error(entry_with({"data_bits: @{weights: 8}"}),
               "'accelerators.X.data_bits' lacks the key 'activations'");
}

TEST(Catalogue, ErrorsOfSingleKeys) {
  expect_error(entry_with({"types: @[]"}), "an accelerator must run at least one type of layer");
  expect_error(
      entry_with({"types: [conv, @convolution]"}),
      "unknown layer type 'convolution'; known: conv, fc, lstm, matmul, attention, pool, add and concat");
  expect_error(entry_with({"types: [@fcc]"}), "unknown layer type 'fcc'; did you mean 'fc'?");
  expect_error(entry_with({"model: @rooflin"}), "unknown model 'rooflin'; did you mean 'roofline'?");
  expect_error(entry_with({"data_bits: @0"}), "'accelerators.X.data_bits' is 0; it must be from 1 to 64");
  expect_error(entry_with({"data_bits: {weights: @65, activations: 8}"}),
               "'accelerators.X.data_bits.weights' is 65; it must be from 1 to 64");
  expect_error(entry_with({"data_bits: {weights: 8, activations: 8, biases: @8}"}),
               "unknown key 'biases' in 'accelerators.X.data_bits'; known: activations and weights");
  expect_error(entry_with({"dram: {capacity: @1024}"}),
               "'accelerators.X.dram.capacity' is 1024 of what?; give a number with a unit: B, kB, MB, GB, "
               "KiB, MiB or GiB, "
               "such as 1GB");
  expect_error(entry_with({"dram: {capacity: @0GB}"}),
               "'accelerators.X.dram.capacity' is 0GB; it must be from 1 to 9007199254740992");
  expect_error(entry_with({"dram: {capacity: @1e30GB}"}),
               "'accelerators.X.dram.capacity' is 1e30GB; it must be from 1 to 9007199254740992");
  expect_error(entry_with({"dram: {capacity: 1GB, bandwidth: @0GBps}"}),
               "'accelerators.X.dram.bandwidth' is 0GBps; it must be greater than zero");
  expect_error(entry_with({"dram: {capacity: 1GB, bandwidth: @12.8GB}"}),
               "'accelerators.X.dram.bandwidth' cannot be '12.8GB'; give a number with a unit: Bps, kBps, "
               "MBps, GBps, Mbps or "
               "Gbps, such as 0.125GBps");
  expect_error(entry_with({"dram: {capacity: 1GB, bandwidth: 1GBps, weight_share: @1.5}"}),
               "'accelerators.X.dram.weight_share' is 1.5; it must be from 0 to 1");
  expect_error(entry_with({"dram: {capacity: 1GB, bandwith: @1GBps}"}),
               "unknown key 'bandwith' in 'accelerators.X.dram'; did you mean 'bandwidth'?");
  expect_error(entry_with({"power: {active_W: @-1}"}),
               "'accelerators.X.power.active_W' is -1; it must be at least 0");
  expect_error(entry_with({"power: {active_W: @5W}"}),
               "'accelerators.X.power.active_W' must be a number, not '5W'");
  expect_error(entry_with({"power: {active_W: 1, idle_W: @-1}"}),
               "'accelerators.X.power.idle_W' is -1; it must be at least 0");
  expect_error(entry_with({"provenance: @paper"}),
               "'accelerators.X.provenance' must be a mapping of keys to values, not a single value");
  expect_error(entry_with({"provenance: {dram: @{capacity: paper}}"}),
               "'accelerators.X.provenance.dram' must be a single value, not a mapping");
  expect_error(entry_with({"colour: @red"}),
               "unknown key 'colour' in 'accelerators.X'; known: board, data_bits, dram, model, paper, "
               "parameters, power, "
               "provenance and types");
}

TEST(Catalogue, ErrorsOfModelAndParameters) {
  expect_error(entry_with({"parameters: {peak_GOPS: 10, effiency: @1}"}),
               "unknown key 'effiency' in 'accelerators.X.parameters'; did you mean 'efficiency'?");
  expect_error(entry_with({"parameters: @{peak_GOPS: 10}", "dram: {capacity: 1GB}"}),
               "accelerator 'X' needs dram.bandwidth; add it to its dram, such as {capacity: 1GB, bandwidth: "
               "12.8GBps}");
  expect_error(entry_with({"types: @[conv, fc]", "model: tiled-loop",
                           "parameters: {frequency_MHz: 100, Tm: 64, Tn: 7, Tr: 13, Tc: 13}"}),
               "model 'tiled-loop' with these parameters does not run fc layers; take the type out, or add "
               "the parameters that "
               "it needs");
  // Tn is not a misspelt Tm.
  expect_error(entry_with({"types: [conv]", "model: tiled-loop",
                           "parameters: @{frequency_MHz: 100, Tn: 7, Tr: 13, Tc: 13}"}),
               "'accelerators.X.parameters' lacks the key 'Tm'");
}

TEST(Catalogue, ReadFromAFile) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("own.yaml", entry_with({}));
  const Catalogue catalogue = read_catalogue(file, families());
  EXPECT_EQ(catalogue.file, file.string());
  EXPECT_EQ(catalogue.types.size(), 1U);
}

TEST(Catalogue, TheShippedOneHasTheTwelveOfTable3) {
  const Catalogue catalogue = read_catalogue(test::source_file("platforms/accelerators.yaml"), families());
  for (const char* name :
       {"J.Z", "C.Z", "W.J", "J.Q", "A.C", "Y.G", "T.M", "A.P", "X.W", "S.H", "X.Z", "B.L"}) {
    EXPECT_NE(catalogue.find(name), nullptr) << name;
  }
  for (const AcceleratorType& type : catalogue.types) {
    for (const LayerType light : {LayerType::pool, LayerType::add, LayerType::concat}) {
      EXPECT_TRUE(type.layer_types.contains(light)) << type.name();
    }
    EXPECT_FALSE(type.provenance.empty()) << type.name();
    EXPECT_FALSE(type.paper.empty()) << type.name();
  }
}

}  // namespace
}  // namespace h2h
