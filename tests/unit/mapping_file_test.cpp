// SPDX-License-Identifier: Apache-2.0

#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapping/mapping_file.hpp>
#include <h2h/schedule/analytic.hpp>

#include "support/random.hpp"
#include "support/temporary.hpp"
#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::error_of;
using testing::ElementsAre;

std::string written(const Problem& problem, const Mapping& mapping) {
  std::ostringstream out;
  write_mapping(out, problem, mapping);
  return out.str();
}

TEST(MappingFile, RandomMappingsReadBackEqualAndToTheSameSchedule) {
  test::Random random(11);
  int pinned = 0;
  int fused = 0;
  for (int i = 0; i < 500; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 5))), i % 2 == 0);
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    const Mapping again = parse_mapping(written(problem, mapping), "m.yaml", problem);
    ASSERT_EQ(again, mapping) << "case " << i;
    const Schedule before = analytic_schedule(problem, mapping);
    const Schedule after = analytic_schedule(problem, again);
    ASSERT_EQ(before.activities().size(), after.activities().size());
    for (std::size_t a = 0; a < before.activities().size(); ++a) {
      ASSERT_EQ(before.activities()[a].bytes, after.activities()[a].bytes);
      ASSERT_EQ(before.activities()[a].start_s, after.activities()[a].start_s);
      ASSERT_EQ(before.activities()[a].end_s, after.activities()[a].end_s);
    }
    pinned += static_cast<int>(std::count(mapping.pinned.begin(), mapping.pinned.end(), 1));
    fused += static_cast<int>(std::count(mapping.fused.begin(), mapping.fused.end(), 1));
  }
  EXPECT_GT(pinned, 500);
  EXPECT_GT(fused, 500);
}

/// a feeds b and c, b feeds c; c also adds a to its output.
const char* const kWorkload =
    "name: w\n"
    "layers:\n"
    "  - {name: a, type: fc, in_features: 4, out_features: 4}\n"
    "  - {name: b, type: fc, in_features: 4, out_features: 4, inputs: [a]}\n"
    "  - {name: c, type: fc, in_features: 8, out_features: 4, inputs: [a, b], residual: [a]}\n"
    "  - {name: p, type: pool, channels: 1, out_height: 1, out_width: 1, kernel: 2, stride: 2}\n";

const char* const kCatalogue =
    "accelerators:\n"
    "  X: {types: [fc, pool], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8, dram: "
    "{capacity: 1kB}, power: "
    "{active_W: 1}}\n"
    "  Y: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8, dram: {capacity: "
    "1kB}, power: "
    "{active_W: 1}}\n";

class MappingFileByHand : public testing::Test {
 protected:
  Mapping parse(const std::string& yaml) const { return parse_mapping(yaml, "m.yaml", hand_.problem); }

  /// '@' marks the place.
  void expect_error(const std::string& marked_yaml, std::string_view says) const {
    const auto [yaml, place] = test::marked(marked_yaml);
    EXPECT_EQ(error_of([&] { parse(yaml); }), fmt::format("input: m.yaml:{}: {}", place, says));
  }

  const ByHand hand_{kWorkload, kCatalogue, {{"fpga0", "X"}, {"fpga1", "Y"}}};
};

const std::string kHead = "schema: h2h-sim/mapping/1\nworkload: w\naccelerators:\n";

TEST_F(MappingFileByHand, EveryKey) {
  const Mapping mapping = parse(kHead +
                                "  fpga1: {order: [b], pinned: [b]}\n"
                                "  fpga0: {order: [p, a, c], pinned: []}\n"
                                "fused: [[a, c]]\n");
  EXPECT_THAT(mapping.accelerator, ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(mapping.order[0], ElementsAre(3, 0, 2));
  EXPECT_THAT(mapping.order[1], ElementsAre(1));
  EXPECT_THAT(mapping.pinned, ElementsAre(0, 1, 0, 0));
  // Tensors: into a 0, into b 1, into c 2 (a), 3 (b) and 4 (a, residual), into p 5. The pair covers both of
  // a's.
  EXPECT_THAT(mapping.fused, ElementsAre(0, 0, 1, 0, 1, 0));
}

TEST_F(MappingFileByHand, WhatIsWritten) {
  Mapping mapping = Mapping::none(hand_.problem);
  for (const LayerIndex layer : {3U, 0U, 1U, 2U}) mapping.append(layer, 0);
  mapping.pinned[0] = mapping.pinned[2] = 1;
  mapping.fused[1] = mapping.fused[2] = mapping.fused[4] = 1;
  EXPECT_EQ(written(hand_.problem, mapping),
            "schema: h2h-sim/mapping/1\n"
            "workload: w\n"
            "accelerators:\n"
            "  fpga0:\n"
            "    order: [p, a, b, c]\n"
            "    pinned: [a, c]\n"
            "fused:\n"
            "  - [a, b]\n"
            "  - [a, c]\n")
      << "accelerators without layers are left out, and a pair stands once";
  EXPECT_EQ(parse(written(hand_.problem, mapping)), mapping);
}

TEST_F(MappingFileByHand, PinnedAndFusedMayBeLeftOut) {
  const Mapping mapping = parse(kHead + "  fpga0: {order: [p, a, b, c]}\n");
  EXPECT_EQ(std::count(mapping.pinned.begin(), mapping.pinned.end(), 1), 0);
  EXPECT_EQ(std::count(mapping.fused.begin(), mapping.fused.end(), 1), 0);
}

TEST_F(MappingFileByHand, ErrorsOfTheHead) {
  const std::string rest = "accelerators:\n  fpga0: {order: [p, a, b, c]}\n";
  expect_error("@workload: w\n" + rest, "the document lacks the key 'schema'");
  expect_error("schema: @h2h-sim/mapping/2\nworkload: w\n" + rest,
               "schema 'h2h-sim/mapping/2'; this version reads h2h-sim/mapping/1");
  expect_error("@schema: h2h-sim/mapping/1\n" + rest, "the document lacks the key 'workload'");
  expect_error("schema: h2h-sim/mapping/1\nworkload: @mocap\n" + rest,
               "this is a mapping of workload 'mocap', not of 'w'");
  expect_error("@schema: h2h-sim/mapping/1\nworkload: w\n", "the document lacks the key 'accelerators'");
  expect_error(kHead + "  fpga0: {order: [p, a, b, c]}\nfussed: @[]\n",
               "unknown key 'fussed'; did you mean 'fused'?");
}

TEST_F(MappingFileByHand, ErrorsOfAccelerators) {
  expect_error(kHead + "  fpga: @{order: [a]}\n", "unknown accelerator 'fpga'; did you mean 'fpga0'?");
  expect_error(kHead + "  gpu: @{order: [a]}\n", "unknown accelerator 'gpu'; known: fpga0 and fpga1");
  expect_error(kHead + "  fpga0: @[a]\n",
               "'accelerators.fpga0' must be a mapping of keys to values, not a list");
  expect_error(kHead + "  fpga0: @{pinned: [a]}\n", "'accelerators.fpga0' lacks the key 'order'");
  expect_error(kHead + "  fpga0: {order: [a], pins: @[a]}\n",
               "unknown key 'pins' in 'accelerators.fpga0'; known: order and pinned");
  expect_error(kHead + "  fpga0: {order: [a]}\n  @fpga0: {order: [b]}\n",
               "key 'fpga0' stands twice; keep one");
}

TEST_F(MappingFileByHand, ErrorsOfOrders) {
  expect_error(kHead + "  fpga0: {order: [a, @bb]}\n", "unknown layer 'bb'; did you mean 'b'?");
  expect_error(kHead + "  fpga0: {order: [a, @conv1]}\n", "unknown layer 'conv1'; known: a, b, c and p");
  expect_error(kHead + "  fpga0: {order: [a, b, @a]}\n", "layer 'a' is mapped twice; keep one");
  expect_error(kHead + "  fpga0: {order: [a, b]}\n  fpga1: {order: [c, @b]}\n",
               "layer 'b' is mapped twice; keep one");
  expect_error(kHead + "  fpga1: {order: [a, @p]}\n", "'fpga1' (Y) does not run layer 'p' (pool)");
  expect_error("schema: h2h-sim/mapping/1\nworkload: w\naccelerators: \n  @fpga0: {order: [p, a, c]}\n",
               "layer 'b' is mapped nowhere; add it to the order of an accelerator");
  EXPECT_EQ(error_of([&] { parse(kHead + "  fpga0: {order: [p, b, a, c]}\n"); }),
            "input: m.yaml: the orders of the accelerators contradict the dependencies of the workload; some "
            "layer would wait for "
            "itself");
  // Each order by itself agrees with the workload: a waits for c on fpga0, which waits for b, which waits for
  // a.
  EXPECT_EQ(error_of([&] { parse(kHead + "  fpga0: {order: [p, c, a]}\n  fpga1: {order: [b]}\n"); }),
            "input: m.yaml: the orders of the accelerators contradict the dependencies of the workload; some "
            "layer would wait for "
            "itself");
}

TEST_F(MappingFileByHand, ErrorsOfPins) {
  expect_error(kHead + "  fpga0: {order: [p, a, b, c], pinned: [@d]}\n",
               "unknown layer 'd'; known: a, b, c and p");
  expect_error(kHead + "  fpga0: {order: [p, a, c], pinned: [a, @b]}\n  fpga1: {order: [b]}\n",
               "layer 'b' is pinned on 'fpga0' but not mapped there");
}

TEST_F(MappingFileByHand, ErrorsOfFusions) {
  const std::string all = kHead + "  fpga0: {order: [p, a, b, c]}\n";
  expect_error(all + "fused: @a\n", "'fused' must be a list, not a single value");
  expect_error(all + "fused: [@a, b]\n", "'fused' must be a list of lists");
  expect_error(all + "fused: [[a, b], @[a, b, c]]\n", "a fusion of 3 layers; give [producer, consumer]");
  expect_error(all + "fused: [@[a]]\n", "a fusion of 1 layers; give [producer, consumer]");
  expect_error(all + "fused: [@[a, zz]]\n", "unknown layer 'zz'; known: a, b, c and p");
  expect_error(all + "fused: [@[b, a]]\n", "'a' does not read 'b'; give [producer, consumer]");
  expect_error(all + "fused: [@[p, a]]\n", "'a' does not read 'p'; give [producer, consumer]");
  expect_error(kHead + "  fpga0: {order: [p, a, c]}\n  fpga1: {order: [b]}\nfused: [@[a, b]]\n",
               "'a' and 'b' run on different accelerators; only layers of one accelerator can be fused");
}

TEST_F(MappingFileByHand, ReadFromAFile) {
  const test::TemporaryFolder folder;
  const auto good = folder.write("m.yaml", kHead + "  fpga0: {order: [p, a, b, c]}\n");
  EXPECT_TRUE(read_mapping(good, hand_.problem).is_complete());
  const auto bad = folder.write("bad.yaml", "");
  EXPECT_EQ(error_of([&] { read_mapping(bad, hand_.problem); }),
            "input: " + bad.string() + ": is empty; give a YAML file");
}

TEST(MappingFile, AwkwardNamesSurvive) {
  WorkloadDescription description;
  description.name = "a: b # c";
  for (const char* name :
       {"null", "~",   "true",  "1e3",    "- x",    "a: b",      "#c",          "'q'",     "\"q\"",  "[x]",
        "{y}",  "a,b", " lead", "trail ", "tab\tx", "new\nline", "back\\slash", "&anchor", "*alias", "!tag",
        "%x",   "@x",  "`x",    "|",      ">",      "?",         "schicht-ü",   "层"}) {
    description.layers.push_back({Layer{name, "", FullyConnected{1, 1}}});
    if (description.layers.size() > 1)
      description.layers.back().inputs = {description.layers[description.layers.size() - 2].layer.name};
  }
  const Workload workload(description);
  const System system =
      make_system(test::platform_by_hand({{"fpga: 0", "X"}}), test::catalogue_by_hand(kCatalogue));
  const Problem problem(workload, system);
  Mapping mapping = Mapping::none(problem);
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    mapping.append(layer, 0);
    mapping.pinned[layer] = 1;
    mapping.fused[layer] = layer > 0 ? 1 : 0;
  }
  EXPECT_EQ(parse_mapping(written(problem, mapping), "m.yaml", problem), mapping)
      << written(problem, mapping);
}

}  // namespace
}  // namespace h2h
