// SPDX-License-Identifier: Apache-2.0
//
// What fits along an edge, how the inputs of a layer share its input feature map, and what is said of a
// misfit.

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/workload/workload_file.hpp>

#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;

/// A workload whose layers stand on the lines 3, 4, ... An '@' in front of a layer marks the place of the
/// whole layer.
std::string network(const std::vector<std::string>& layers, std::string_view head = "name: w\n") {
  std::string yaml = fmt::format("{}layers:\n", head);
  for (const std::string& layer : layers) {
    const bool is_marked = layer.starts_with('@');
    yaml += fmt::format("  - {}{{{}}}\n", is_marked ? "@" : "", layer.substr(is_marked ? 1 : 0));
  }
  return yaml;
}

std::string conv(std::string_view name, int channels, int height, int width) {
  return fmt::format(
      "name: {}, type: conv, out_channels: {}, in_channels: 1, out_height: {}, out_width: {}, kernel: 1",
      name, channels, height, width);
}

std::string fc(std::string_view name, int features) {
  return fmt::format("name: {}, type: fc, in_features: 1, out_features: {}", name, features);
}

std::string lstm(std::string_view name, int hidden, int steps, std::string_view outputs = "sequence") {
  return fmt::format("name: {}, type: lstm, input_size: 1, hidden_size: {}, sequence_length: {}, outputs: {}",
                     name, hidden, steps, outputs);
}

/// The parts of the last layer's input feature map, in the order of its inputs: "3/8 5/8".
std::string shares(const std::vector<std::string>& layers, std::string_view head = "name: w\n") {
  const Workload workload = parse_workload(network(layers, head), "w.yaml");
  std::string text;
  for (const auto edge : boost::make_iterator_range(boost::in_edges(workload.size() - 1, workload.graph()))) {
    const Dependency& dependency = workload.graph()[edge];
    const bool is_input = dependency.role == Dependency::Role::input;
    text += fmt::format(
        "{}{}", text.empty() ? "" : " ",
        is_input ? fmt::format("{}/{}", dependency.features, dependency.of_features) : "residual");
  }
  return text;
}

/// One misfit: '@' marks the place.
void expect_misfit(const std::vector<std::string>& layers, std::string_view says) {
  const auto [yaml, place] = test::marked(network(layers));
  EXPECT_EQ(error_of([&] { parse_workload(yaml, "w.yaml"); }),
            fmt::format("input: w.yaml:{}: layer 'x': {}", place, says));
}

TEST(Shapes, ChannelsAddUpAtAConcatenation) {
  const std::vector<std::string> producers = {conv("a", 3, 8, 8), conv("b", 5, 8, 8)};
  const auto with = [&](const std::string& consumer) {
    return std::vector<std::string>{producers[0], producers[1], consumer};
  };
  EXPECT_EQ(shares(with("name: x, type: conv, out_channels: 1, in_channels: 8, out_height: 8, out_width: 8, "
                        "kernel: 1, inputs: [a, b]")),
            "3/8 5/8");
  EXPECT_EQ(shares(with("name: x, type: pool, channels: 8, out_height: 4, out_width: 4, kernel: 2, stride: "
                        "2, inputs: [b, a]")),
            "5/8 3/8");
  EXPECT_EQ(shares(with("name: x, type: concat, channels: 8, out_height: 8, out_width: 8, inputs: [a, b]")),
            "3/8 5/8");
  // The place is that of the layer: no single input is to blame.
  expect_misfit(with("@name: x, type: conv, out_channels: 1, in_channels: 7, out_height: 8, out_width: 8, "
                     "kernel: 1, inputs: [a, b]"),
                "in_channels is 7, but the inputs have 8 channels (3 + 5); set in_channels: 8");
  expect_misfit(with("@name: x, type: concat, channels: 9, out_height: 8, out_width: 8, inputs: [a, b]"),
                "channels is 9, but the inputs have 8 channels (3 + 5); set channels: 8");
}

/// The output extents up to 12 that are accepted behind a producer of one extent.
std::set<int> accepted(bool rows, int extent, int stride) {
  std::set<int> found;
  for (int out = 1; out <= 12; ++out) {
    const std::string producer = rows ? conv("a", 1, extent, 1) : conv("a", 1, 1, extent);
    const std::string consumer = fmt::format(
        "name: x, type: conv, out_channels: 1, in_channels: 1, out_height: {}, out_width: {}, kernel: 1, "
        "stride: [{}, {}], inputs: [a]",
        rows ? out : 1, rows ? 1 : out, rows ? stride : 1, rows ? 1 : stride);
    if (error_of([&] { parse_workload(network({producer, consumer}), "w.yaml"); }) == "no error")
      found.insert(out);
  }
  return found;
}

TEST(Shapes, ExtentsFollowTheStrideOrAnImpliedPoolingRoundedEitherWay) {
  for (const bool rows : {true, false}) {
    // 8, or pooled 4.
    EXPECT_EQ(accepted(rows, 8, 1), (std::set{4, 8}));
    // 7, or pooled 3 or 4.
    EXPECT_EQ(accepted(rows, 7, 1), (std::set{3, 4, 7}));
    // 7 / 2 is 3 or 4; pooled to 3 or 4, 3 / 2 is 1 or 2, 4 / 2 is 2.
    EXPECT_EQ(accepted(rows, 7, 2), (std::set{1, 2, 3, 4}));
    // 10 / 3 is 3 or 4; 5 / 3 is 1 or 2.
    EXPECT_EQ(accepted(rows, 10, 3), (std::set{1, 2, 3, 4}));
    // 12 / 4 is 3; 6 / 4 is 1 or 2.
    EXPECT_EQ(accepted(rows, 12, 4), (std::set{1, 2, 3}));
    EXPECT_EQ(accepted(rows, 1, 1), (std::set{1}));
  }
}

TEST(Shapes, ExtentMisfitsNameTheInput) {
  expect_misfit(
      {conv("a", 1, 7, 6), conv("b", 1, 8, 6),
       "name: x, type: conv, out_channels: 1, in_channels: 2, out_height: 7, out_width: 6, kernel: 1, "
       "inputs: [a, @b]"},
      "7 rows with stride 1 do not follow from the 8 rows of 'b' (1 x 8 x 6), nor from half of them");
  expect_misfit(
      {conv("a", 1, 7, 6),
       "name: x, type: pool, channels: 1, out_height: 7, out_width: 5, kernel: 1, stride: [1, 2], inputs: "
       "[@a]"},
      "5 columns with stride 2 do not follow from the 6 columns of 'a' (1 x 7 x 6), nor from half of them");
}

TEST(Shapes, AnAddNeedsEqualChannels) {
  EXPECT_EQ(shares({conv("a", 4, 6, 6), conv("b", 4, 6, 6),
                    "name: x, type: add, channels: 4, out_height: 6, out_width: 6, inputs: [a, b]"}),
            "4/8 4/8");
  expect_misfit({conv("a", 4, 6, 6), conv("b", 5, 6, 6),
                 "name: x, type: add, channels: 4, out_height: 6, out_width: 6, inputs: [a, @b]"},
                "sums 4 channels, but 'b' has 5");
  expect_misfit(
      {conv("a", 4, 6, 6), conv("b", 4, 7, 6),
       "name: x, type: add, channels: 4, out_height: 6, out_width: 6, inputs: [a, @b]"},
      "6 rows with stride 1 do not follow from the 7 rows of 'b' (4 x 7 x 6), nor from half of them");
}

TEST(Shapes, AVectorFromAMap) {
  const auto from_map = [](int features) {
    return shares(
        {conv("a", 3, 5, 7),
         fmt::format("name: x, type: fc, in_features: {}, out_features: 1, inputs: [a]", features)});
  };
  EXPECT_EQ(from_map(3), "3/3") << "global pooling";
  EXPECT_EQ(from_map(105), "105/105") << "flattened: 3 x 5 x 7";
  EXPECT_EQ(from_map(18), "18/18") << "pooled 2 x 2, then flattened: 3 x 2 x 3";
  // A map of one column cannot be pooled 2 x 2.
  EXPECT_EQ(error_of([] {
              parse_workload(network({conv("a", 3, 6, 1),
                                      "name: x, type: fc, in_features: 9, out_features: 1, inputs: [a]"}),
                             "w.yaml");
            }),
            "input: w.yaml:4:5: layer 'x': in_features is 9, which the inputs cannot give; they give 3 or 18 "
            "from 'a' (3 x 6 x 1)");
}

TEST(Shapes, AVectorFromASequence) {
  const auto from = [](const std::string& producer, int features) {
    return shares({producer, fmt::format("name: x, type: fc, in_features: {}, out_features: 1, inputs: [a]",
                                         features)});
  };
  EXPECT_EQ(from(lstm("a", 4, 6), 4), "4/4") << "the last step";
  EXPECT_EQ(from(lstm("a", 4, 6), 24), "24/24") << "the whole sequence";
  EXPECT_EQ(from(lstm("a", 4, 6, "last"), 4), "4/4");
  EXPECT_EQ(error_of([&] { from(lstm("a", 4, 6, "last"), 24); }),
            "input: w.yaml:4:5: layer 'x': in_features is 24, which the inputs cannot give; they give 4 from "
            "'a' (4 x 1 x 1)");
}

TEST(Shapes, AVectorFromSeveralInputs) {
  const auto from_both = [](int features) {
    return shares(
        {conv("a", 3, 5, 7), lstm("b", 4, 6),
         fmt::format("name: x, type: fc, in_features: {}, out_features: 1, inputs: [a, b]", features)});
  };
  // 3, 105 or 18 from the map and 4 or 24 from the sequence.
  EXPECT_EQ(from_both(7), "3/7 4/7");
  EXPECT_EQ(from_both(27), "3/27 24/27");
  EXPECT_EQ(from_both(109), "105/109 4/109");
  EXPECT_EQ(from_both(129), "105/129 24/129");
  EXPECT_EQ(from_both(22), "18/22 4/22");
  EXPECT_EQ(from_both(42), "18/42 24/42");
  EXPECT_EQ(error_of([&] { from_both(8); }),
            "input: w.yaml:5:5: layer 'x': in_features is 8, which the inputs cannot give; they give 3 or "
            "105 or 18 from 'a' "
            "(3 x 5 x 7), 4 or 24 from 'b' (4 x 6 x 1)");
  // 2 + 4 and 4 + 2 both give 6: the first input takes its first option, global pooling.
  EXPECT_EQ(shares({conv("a", 2, 2, 1), conv("b", 2, 2, 1),
                    "name: x, type: fc, in_features: 6, out_features: 1, inputs: [a, b]"}),
            "2/6 4/6");
}

TEST(Shapes, ManyInputsOfAVectorAreDecidedQuickly) {
  // 60 inputs of 1 or 2 features: 2^60 combinations.
  std::vector<std::string> layers;
  std::string names;
  for (int i = 0; i < 60; ++i) {
    layers.push_back(conv(fmt::format("a{}", i), 1, 2, 1));
    names += fmt::format("{}a{}", i == 0 ? "" : ", ", i);
  }
  layers.push_back(fmt::format("name: x, type: fc, in_features: 61, out_features: 1, inputs: [{}]", names));
  const std::string all = shares(layers);
  EXPECT_EQ(all.substr(0, 10), "1/61 1/61 ");
  EXPECT_EQ(all.substr(all.size() - 5), " 2/61");
}

TEST(Shapes, AnLstmReadsSteps) {
  const std::string consumer = "name: x, type: lstm, input_size: 9, hidden_size: 1, sequence_length: 6, ";
  EXPECT_EQ(shares({lstm("a", 4, 6), conv("b", 5, 2, 3), consumer + "inputs: [a, b]"}), "4/9 5/9")
      << "a map of 2 x 3 is six positions";
  expect_misfit({lstm("a", 4, 6), lstm("b", 5, 7), consumer + "inputs: [a, @b]"},
                "reads 6 steps, but 'b' gives 7 (5 x 7 x 1)");
  expect_misfit({lstm("a", 4, 6), lstm("b", 4, 6), "@" + consumer + "inputs: [a, b]"},
                "input_size is 9, but the inputs have 8 features a step (4 + 4); set input_size: 8");
}

TEST(Shapes, AnLstmOfOneStepReadsAVector) {
  const auto from = [](const std::string& producer, int size) {
    return shares(
        {producer, fmt::format("name: x, type: lstm, input_size: {}, hidden_size: 1, inputs: [a]", size)});
  };
  EXPECT_EQ(from(fc("a", 8), 8), "8/8");
  EXPECT_EQ(from(lstm("a", 4, 6), 4), "4/4");
  EXPECT_EQ(from(lstm("a", 4, 6), 24), "24/24");
  EXPECT_EQ(from(conv("a", 3, 5, 7), 18), "18/18");
  EXPECT_EQ(error_of([&] { from(fc("a", 8), 9); }),
            "input: w.yaml:4:5: layer 'x': input_size is 9, but the inputs have 8 features a step (8); set "
            "input_size: 8");
  EXPECT_EQ(error_of([&] { from(lstm("a", 4, 6), 9); }),
            "input: w.yaml:4:5: layer 'x': input_size is 9, which the inputs cannot give; they give 4 or 24 "
            "from 'a' (4 x 6 x 1)");
}

TEST(Shapes, Attention) {
  const std::string consumer = "name: x, type: attention, sequence_length: 6, model_size: 8, ";
  EXPECT_EQ(shares({lstm("a", 8, 6), consumer + "inputs: [a]"}), "8/8");
  EXPECT_EQ(shares({lstm("a", 5, 6), lstm("b", 3, 6), consumer + "inputs: [a, b]"}), "5/8 3/8");
  expect_misfit({lstm("a", 8, 5), consumer + "inputs: [@a]"}, "reads 6 steps, but 'a' gives 5 (8 x 5 x 1)");
  expect_misfit({lstm("a", 7, 6), "@" + consumer + "inputs: [a]"},
                "model_size is 8, but the inputs have 7 features a step (7); set model_size: 7");
}

TEST(Shapes, MatMulWithWeights) {
  EXPECT_EQ(shares({lstm("a", 5, 4), "name: x, type: matmul, rows: 4, inner: 5, columns: 6, inputs: [a]"}),
            "5/5");
  expect_misfit({lstm("a", 5, 3), "name: x, type: matmul, rows: 4, inner: 5, columns: 6, inputs: [@a]"},
                "reads 4 steps, but 'a' gives 3 (5 x 3 x 1)");
  expect_misfit({lstm("a", 6, 4), "@name: x, type: matmul, rows: 4, inner: 5, columns: 6, inputs: [a]"},
                "inner is 5, but the inputs have 6 features a step (6); set inner: 6");
  // One row is a vector, which can come out of a map.
  EXPECT_EQ(
      shares({conv("a", 3, 5, 7), "name: x, type: matmul, rows: 1, inner: 105, columns: 6, inputs: [a]"}),
      "105/105");
  expect_misfit({conv("a", 3, 5, 7), "@name: x, type: matmul, rows: 1, inner: 5, columns: 6, inputs: [a]"},
                "inner is 5, which the inputs cannot give; they give 3 or 105 or 18 from 'a' (3 x 5 x 7)");
}

TEST(Shapes, MatMulWithoutWeightsMultipliesTwoInputs) {
  const std::string consumer = "name: x, type: matmul, rows: 4, inner: 5, columns: 6, weights: false, ";
  // 4 x 5 and 5 x 6 numbers; a sequence of T vectors of C is C x T.
  EXPECT_EQ(shares({lstm("a", 5, 4), lstm("b", 6, 5), consumer + "inputs: [a, b]"}), "20/50 30/50");
  EXPECT_EQ(shares({lstm("a", 5, 4), lstm("b", 5, 6), consumer + "inputs: [a, b]"}), "20/50 30/50")
      << "transposed, as keys are";
  expect_misfit({lstm("a", 5, 3), lstm("b", 6, 5), consumer + "inputs: [@a, b]"},
                "needs 4 x 5 numbers, but 'a' gives 5 x 3 x 1");
  expect_misfit({lstm("a", 5, 4), lstm("b", 6, 6), consumer + "inputs: [a, @b]"},
                "needs 5 x 6 numbers, but 'b' gives 6 x 6 x 1");
  // 3 x 10 is 30 numbers, too, but neither side is 5 long.
  expect_misfit({lstm("a", 5, 4), lstm("b", 3, 10), consumer + "inputs: [a, @b]"},
                "needs 5 x 6 numbers, but 'b' gives 3 x 10 x 1");
  expect_misfit(
      {lstm("a", 5, 4), "@" + consumer + "inputs: [a]"},
      "a matmul without weights multiplies exactly two inputs; list two inputs, or set weights: true");
  EXPECT_EQ(error_of([&] { parse_workload(network({consumer + "inputs: []"}), "w.yaml"); }), "no error")
      << "both factors may be inputs of the network";
}

TEST(Shapes, Residuals) {
  const std::string consumer =
      "name: x, type: conv, out_channels: 4, in_channels: 3, out_height: 6, out_width: 6, kernel: 1, inputs: "
      "[a], residual: ";
  EXPECT_EQ(shares({conv("a", 3, 6, 6), conv("r", 4, 6, 6), consumer + "[r]"}), "3/3 residual");
  EXPECT_EQ(shares({conv("a", 3, 6, 6), conv("r", 4, 13, 6), consumer + "[r]"}), "3/3 residual")
      << "13 rows pooled to 6";
  expect_misfit({conv("a", 3, 6, 6), conv("r", 5, 6, 6), consumer + "[@r]"},
                "residual sums into 4 channels, but 'r' has 5");
  expect_misfit({conv("a", 3, 6, 6), conv("q", 4, 6, 6), conv("r", 4, 8, 6), consumer + "[q, @r]"},
                "residual 6 rows with stride 1 do not follow from the 8 rows of 'r' (4 x 8 x 6), nor from "
                "half of them");
  // The same tensor may be input and residual.
  EXPECT_EQ(
      shares({fc("a", 4), "name: x, type: fc, in_features: 4, out_features: 4, inputs: [a], residual: [a]"}),
      "4/4 residual");
}

TEST(Shapes, UncheckedOnesShareByChannels) {
  const std::string_view unchecked = "name: w\nshapes: unchecked\nreason: the authors' list does not fit\n";
  const std::vector<std::string> misfit = {
      conv("a", 3, 7, 6), conv("b", 5, 9, 9),
      "name: x, type: conv, out_channels: 1, in_channels: 100, out_height: 50, out_width: 6, kernel: 1, "
      "inputs: [a, b], residual: [a]"};
  EXPECT_EQ(shares(misfit, unchecked), "3/8 5/8 residual");
  EXPECT_EQ(parse_workload(network(misfit, unchecked), "w.yaml").unchecked_reason(),
            "the authors' list does not fit");
  // What fits shares as always.
  EXPECT_EQ(shares({conv("a", 3, 5, 7), lstm("b", 4, 6),
                    "name: x, type: fc, in_features: 27, out_features: 1, inputs: [a, b]"},
                   unchecked),
            "3/27 24/27");
}

}  // namespace
}  // namespace h2h
