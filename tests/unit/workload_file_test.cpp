// SPDX-License-Identifier: Apache-2.0
//
// Every key of a workload file, and every error that reading one can give.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/workload/workload_file.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using testing::ElementsAre;

/// A workload of one layer; its mapping begins at line 3, column 5.
std::string one_layer(std::string_view keys) {
  return fmt::format("name: w\nlayers:\n  - {{{}}}\n", keys);
}

Layer read_layer(std::string_view keys) {
  return parse_workload(one_layer(keys), "w.yaml").layer(0);
}

template <typename Type>
Type read(std::string_view keys) {
  return std::get<Type>(read_layer(keys).operation);
}

std::string error_in(std::string_view yaml) {
  return error_of([&] { parse_workload(yaml, "w.yaml"); });
}

std::string error_in_layer(std::string_view keys) {
  return error_in(one_layer(keys));
}

TEST(WorkloadFile, EveryKeyOfAConvolution) {
  const Conv conv = read<Conv>(
      "name: c, type: conv, out_channels: 4, in_channels: 6, out_height: 5, out_width: 7, kernel: [3, 2], "
      "stride: [2, 1], "
      "groups: 2, inputs: []");
  EXPECT_EQ(conv.out_channels, 4);
  EXPECT_EQ(conv.in_channels, 6);
  EXPECT_EQ(conv.out_height, 5);
  EXPECT_EQ(conv.out_width, 7);
  EXPECT_EQ(conv.kernel_height, 3);
  EXPECT_EQ(conv.kernel_width, 2);
  EXPECT_EQ(conv.stride_height, 2);
  EXPECT_EQ(conv.stride_width, 1);
  EXPECT_EQ(conv.groups, 2);
  const Conv plain = read<Conv>(
      "name: c, type: conv, out_channels: 4, in_channels: 6, out_height: 5, out_width: 7, kernel: 3");
  EXPECT_EQ(plain.kernel_height, 3);
  EXPECT_EQ(plain.kernel_width, 3);
  EXPECT_EQ(plain.stride_height, 1);
  EXPECT_EQ(plain.stride_width, 1);
  EXPECT_EQ(plain.groups, 1);
}

TEST(WorkloadFile, EveryKeyOfAnLstm) {
  const Lstm lstm = read<Lstm>(
      "name: l, type: lstm, input_size: 5, hidden_size: 3, layers: 2, sequence_length: 4, bidirectional: "
      "true, outputs: last");
  EXPECT_EQ(lstm.input_size, 5);
  EXPECT_EQ(lstm.hidden_size, 3);
  EXPECT_EQ(lstm.layers, 2);
  EXPECT_EQ(lstm.sequence_length, 4);
  EXPECT_TRUE(lstm.bidirectional);
  EXPECT_EQ(lstm.outputs, Lstm::Outputs::last);
  const Lstm plain = read<Lstm>("name: l, type: lstm, input_size: 5, hidden_size: 3");
  EXPECT_EQ(plain.layers, 1);
  EXPECT_EQ(plain.sequence_length, 1);
  EXPECT_FALSE(plain.bidirectional);
  EXPECT_EQ(plain.outputs, Lstm::Outputs::sequence);
}

TEST(WorkloadFile, EveryKeyOfTheOtherTypes) {
  const auto fc = read<FullyConnected>("name: f, type: fc, in_features: 10, out_features: 3");
  EXPECT_EQ(fc.in_features, 10);
  EXPECT_EQ(fc.out_features, 3);

  const auto matmul = read<MatMul>("name: m, type: matmul, rows: 4, inner: 5, columns: 6, weights: no");
  EXPECT_EQ(matmul.rows, 4);
  EXPECT_EQ(matmul.inner, 5);
  EXPECT_EQ(matmul.columns, 6);
  EXPECT_FALSE(matmul.has_weights);
  EXPECT_TRUE(read<MatMul>("name: m, type: matmul, rows: 4, inner: 5, columns: 6").has_weights);

  const auto attention =
      read<Attention>("name: a, type: attention, sequence_length: 7, model_size: 8, heads: 2");
  EXPECT_EQ(attention.sequence_length, 7);
  EXPECT_EQ(attention.model_size, 8);
  EXPECT_EQ(attention.heads, 2);
  EXPECT_EQ(read<Attention>("name: a, type: attention, sequence_length: 7, model_size: 8").heads, 1);

  const auto pool = read<Pool>(
      "name: p, type: pool, channels: 3, out_height: 4, out_width: 5, kernel: [3, 2], stride: [2, 1]");
  EXPECT_EQ(pool.channels, 3);
  EXPECT_EQ(pool.out_height, 4);
  EXPECT_EQ(pool.out_width, 5);
  EXPECT_EQ(pool.kernel_height, 3);
  EXPECT_EQ(pool.kernel_width, 2);
  EXPECT_EQ(pool.stride_height, 2);
  EXPECT_EQ(pool.stride_width, 1);

  const auto add = read<Add>("name: s, type: add, channels: 3, out_height: 4, out_width: 5");
  EXPECT_EQ(add.channels, 3);
  EXPECT_EQ(add.out_height, 4);
  EXPECT_EQ(add.out_width, 5);
  EXPECT_EQ(add.terms, 1);
  const auto concat = read<Concat>("name: s, type: concat, channels: 3");
  EXPECT_EQ(concat.channels, 3);
  EXPECT_EQ(concat.out_height, 1);
  EXPECT_EQ(concat.out_width, 1);
}

TEST(WorkloadFile, KeysOfEveryLayerAndOfTheFile) {
  const Workload workload = parse_workload(
      "name: pair\n"
      "batch: 3\n"
      "layers:\n"
      "  - {name: a, type: fc, modality: text, in_features: 2, out_features: 4, inputs: []}\n"
      "  - {name: b, type: fc, in_features: 4, out_features: 4, inputs: [a], residual: [a]}\n",
      "w.yaml");
  EXPECT_EQ(workload.name(), "pair");
  EXPECT_EQ(workload.size(), 2U);
  EXPECT_EQ(workload.layer(0).name, "a");
  EXPECT_EQ(workload.layer(0).modality, "text");
  EXPECT_EQ(workload.layer(0).batch, 3);
  EXPECT_TRUE(workload.layer(0).reads_network_input);
  EXPECT_EQ(workload.layer(1).modality, "");
  EXPECT_FALSE(workload.layer(1).reads_network_input);
  EXPECT_EQ(boost::num_edges(workload.graph()), 2U);
  EXPECT_EQ(workload.weights(), 2 * 4 + 4 * 4);
  EXPECT_EQ(workload.macs(), 3 * (8 + 16));
  EXPECT_EQ(workload.activations(), 3 * (4 + 4));
  EXPECT_EQ(workload.unchecked_reason(), "");
}

TEST(WorkloadFile, AnAddCountsItsTerms) {
  const Workload workload = parse_workload(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 2, out_features: 4}\n"
      "  - {name: b, type: fc, in_features: 2, out_features: 4}\n"
      "  - {name: s, type: add, channels: 4, inputs: [a, b]}\n",
      "w.yaml");
  EXPECT_EQ(std::get<Add>(workload.layer(2).operation).terms, 2);
  EXPECT_EQ(workload.layer(2).input(), (Shape{8, 1, 1}));
}

TEST(WorkloadFile, ReadFromAFile) {
  const test::TemporaryFolder folder;
  const auto file =
      folder.write("tiny.yaml", one_layer("name: f, type: fc, in_features: 2, out_features: 3"));
  EXPECT_EQ(read_workload(file).weights(), 6);
  const auto bad = folder.write("bad.yaml", "name: w\nlayers: 3\n");
  EXPECT_EQ(error_of([&] { read_workload(bad); }),
            "input: " + bad.string() + ":2:9: 'layers' must be a list, not a single value");
}

struct Required {
  std::string type;
  std::vector<std::string> keys;  ///< with a value each
};

TEST(WorkloadFile, EveryRequiredKeyIsMissed) {
  const Required all[] = {
      {"conv", {"out_channels: 4", "in_channels: 4", "out_height: 4", "out_width: 4", "kernel: 1"}},
      {"fc", {"in_features: 4", "out_features: 4"}},
      {"lstm", {"input_size: 4", "hidden_size: 4"}},
      {"matmul", {"rows: 4", "inner: 4", "columns: 4"}},
      {"attention", {"sequence_length: 4", "model_size: 4"}},
      {"pool", {"channels: 4", "out_height: 4", "out_width: 4", "kernel: 2", "stride: 2"}},
      {"add", {"channels: 4"}},
      {"concat", {"channels: 4"}},
  };
  for (const auto& [type, keys] : all) {
    EXPECT_EQ(error_in_layer(fmt::format("name: x, type: {}, {}", type, fmt::join(keys, ", "))), "no error")
        << type;
    for (std::size_t left_out = 0; left_out < keys.size(); ++left_out) {
      std::string text = "name: x, type: " + type;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i != left_out) text += ", " + keys[i];
      }
      const std::string key = keys[left_out].substr(0, keys[left_out].find(':'));
      EXPECT_EQ(error_in_layer(text), fmt::format("input: w.yaml:3:5: 'layers[0]' lacks the key '{}'", key))
          << type;
    }
  }
  EXPECT_EQ(error_in_layer("type: fc, in_features: 4, out_features: 4"),
            "input: w.yaml:3:5: 'layers[0]' lacks the key 'name'");
  EXPECT_EQ(error_in_layer("name: x, in_features: 4, out_features: 4"),
            "input: w.yaml:3:5: 'layers[0]' lacks the key 'type'");
  EXPECT_EQ(error_in("layers: []\n"), "input: w.yaml:1:1: the document lacks the key 'name'");
  EXPECT_EQ(error_in("name: w\n"), "input: w.yaml:1:1: the document lacks the key 'layers'");
}

TEST(WorkloadFile, EverySizeMustBePositive) {
  const Required all[] = {
      {"conv",
       {"out_channels: 4", "in_channels: 4", "out_height: 4", "out_width: 4", "kernel: 1", "stride: 1",
        "groups: 1"}},
      {"fc", {"in_features: 4", "out_features: 4"}},
      {"lstm", {"input_size: 4", "hidden_size: 4", "layers: 1", "sequence_length: 1"}},
      {"matmul", {"rows: 4", "inner: 4", "columns: 4"}},
      {"attention", {"sequence_length: 4", "model_size: 4", "heads: 1"}},
      {"pool", {"channels: 4", "out_height: 4", "out_width: 4", "kernel: 2", "stride: 2"}},
      {"add", {"channels: 4", "out_height: 1", "out_width: 1"}},
      {"concat", {"channels: 4", "out_height: 1", "out_width: 1"}},
  };
  for (const auto& [type, keys] : all) {
    for (std::size_t wrong = 0; wrong < keys.size(); ++wrong) {
      for (const std::string value : {"0", "-2"}) {
        const std::string key = keys[wrong].substr(0, keys[wrong].find(':'));
        std::string text = fmt::format("name: x, type: {}, {}: ", type, key);
        const std::size_t column = std::string("  - {").size() + text.size() + 1;
        text += value;
        for (std::size_t i = 0; i < keys.size(); ++i) {
          if (i != wrong) text += ", " + keys[i];
        }
        EXPECT_EQ(error_in_layer(text),
                  fmt::format("input: w.yaml:3:{}: 'layers[0].{}' is {}; it must be greater than zero",
                              column, key, value))
            << type;
      }
    }
  }
}

TEST(WorkloadFile, ErrorsOfSingleKeys) {
  // '@' marks the place.
  const auto expect_error = [](const std::string& keys, const std::string& says) {
    const auto [yaml, place] = test::marked(one_layer(keys));
    EXPECT_EQ(error_in(yaml), fmt::format("input: w.yaml:{}: {}", place, says));
  };
  expect_error("name: x, type: @konv", "'layers[0].type' cannot be 'konv'; did you mean 'conv'?");
  expect_error(
      "name: x, type: @banana",
      "'layers[0].type' cannot be 'banana'; known: conv, fc, lstm, matmul, attention, pool, add and concat");
  expect_error("name: @'', type: fc, in_features: 4, out_features: 4", "a layer needs a name");
  expect_error("name: x, type: fc, in_features: @4.5, out_features: 4",
               "'layers[0].in_features' must be a whole number, not '4.5'");

  const std::string fc = "name: x, type: fc, in_features: 4, out_features: 4";
  expect_error(fc + ", kernel: @3",
               "unknown key 'kernel' in 'layers[0]'; known: in_features, inputs, modality, name, "
               "out_features, residual "
               "and type");
  expect_error(fc + ", input: @[x]", "unknown key 'input' in 'layers[0]'; did you mean 'inputs'?");
  expect_error(fc + ", inputs: @x", "'layers[0].inputs' must be a list, not a single value");
  expect_error(fc + ", residual: @{x: y}", "'layers[0].residual' must be a list, not a mapping");

  const std::string conv =
      "name: x, type: conv, out_channels: 4, in_channels: 6, out_height: 1, out_width: 1, ";
  expect_error(conv + "kernel: 1, groups: @4",
               "'groups' is 4, which does not divide in_channels 6 and out_channels 4");
  expect_error(conv + "kernel: 1, groups: @3",
               "'groups' is 3, which does not divide in_channels 6 and out_channels 4");
  expect_error(conv + "kernel: @[1, 1, 1]",
               "'layers[0].kernel' must be one number or two, not 3; height first, then width");
  expect_error(conv + "kernal: @1", "unknown key 'kernal'; did you mean 'kernel'?");

  expect_error("name: x, type: attention, sequence_length: 7, model_size: 8, heads: @3",
               "'heads' is 3, which does not divide model_size 8");
  expect_error("name: x, type: lstm, input_size: 1, hidden_size: 1, outputs: @first",
               "'layers[0].outputs' cannot be 'first'; known: sequence and last");
  expect_error("name: x, type: lstm, input_size: 1, hidden_size: 1, bidirectional: @both",
               "'layers[0].bidirectional' must be true or false, not 'both'");
}

TEST(WorkloadFile, ErrorsOfTheFile) {
  EXPECT_EQ(error_in("name: w\nlayers: []\n"), "input: w.yaml:1:1: a workload needs at least one layer");
  EXPECT_EQ(error_in("name: w\nlayers: [x]\n"),
            "input: w.yaml:2:10: 'layers[0]' must be a mapping of keys to values, not a single value");
  EXPECT_EQ(error_in("name: w\nbatch: 0\nlayers: []\n"),
            "input: w.yaml:2:8: 'batch' is 0; it must be greater than zero");
  EXPECT_EQ(error_in("name: w\nlayer: []\n"),
            "input: w.yaml:2:8: unknown key 'layer'; did you mean 'layers'?");
  const std::string layers = "layers:\n  - {name: f, type: fc, in_features: 2, out_features: 3}\n";
  EXPECT_EQ(error_in("name: w\n" + layers + "colour: red\n"),
            "input: w.yaml:4:9: unknown key 'colour'; known: batch, layers, name, reason and shapes");
  EXPECT_EQ(error_in("name: w\nshapes: unchecked\n" + layers),
            "input: w.yaml:2:9: 'shapes: unchecked' needs a 'reason'; say which shapes do not fit, and why "
            "they stand so");
  EXPECT_EQ(error_in("name: w\nreason: because\n" + layers),
            "input: w.yaml:2:9: 'reason' goes with 'shapes: unchecked'");
  EXPECT_EQ(error_in("name: w\nshapes: checked\nreason: because\n" + layers),
            "input: w.yaml:3:9: 'reason' goes with 'shapes: unchecked'");
  EXPECT_EQ(error_in("name: w\nshapes: maybe\n" + layers),
            "input: w.yaml:2:9: 'shapes' cannot be 'maybe'; known: checked and unchecked");
  EXPECT_EQ(error_in("name: w\nshapes: checked\n" + layers), "no error");
  EXPECT_EQ(error_in("name: w\nshapes: unchecked\nreason: as published\n" + layers), "no error");
}

TEST(WorkloadFile, SizesThatOverflowAreRefusedWithThePlace) {
  const std::string expected =
      "input: w.yaml:3:5: layer 'x': is too large: its work or one of its tensors exceeds 2^53";
  // 2^26 squared weights of up to 64 bits are 2^58 bits.
  EXPECT_EQ(error_in_layer("name: x, type: fc, in_features: 67108864, out_features: 67108864"), expected);
  // 2^49 rows times stride 2^5 are 2^54 rows in.
  EXPECT_EQ(error_in_layer("name: x, type: pool, channels: 1, out_height: 562949953421312, out_width: 1, "
                           "kernel: 1, stride: 32"),
            expected);
  // 2^20 weights at 2^34 positions.
  EXPECT_EQ(error_in_layer("name: x, type: conv, out_channels: 1024, in_channels: 1024, out_height: 131072, "
                           "out_width: 131072, kernel: 1"),
            expected);
  // The output alone: 2^30 x 2^24 numbers.
  EXPECT_EQ(error_in_layer("name: x, type: concat, channels: 1073741824, out_height: 16777216"), expected);
  // The steps of an LSTM: 8 weights at 2^51 steps.
  EXPECT_EQ(
      error_in_layer("name: x, type: lstm, input_size: 1, hidden_size: 1, sequence_length: 2251799813685248"),
      expected);
  EXPECT_EQ(error_in_layer("name: x, type: attention, model_size: 1, sequence_length: 134217728"), expected);
  EXPECT_EQ(
      error_in_layer("name: x, type: matmul, rows: 134217728, inner: 134217728, columns: 1, weights: false"),
      expected);
  EXPECT_EQ(error_in("name: w\nbatch: 1000000000000\n" +
                     one_layer("name: x, type: fc, in_features: 1000, out_features: 1000").substr(8)),
            "input: w.yaml:4:5: layer 'x': is too large: its work or one of its tensors exceeds 2^53");
}

}  // namespace
}  // namespace h2h
