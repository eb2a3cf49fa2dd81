// SPDX-License-Identifier: Apache-2.0
//
// The graph of a workload: names, cycles, modalities, batch, and the totals of the shipped ones.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include <h2h/workload/workload_file.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using testing::ElementsAre;
using Words = std::vector<std::string>;

/// Fully connected layers of 4 x 4, so that every edge fits, on the lines 3, 4, ...; each begins in column 5.
std::string fc_network(const Words& layers) {
  std::string yaml = "name: w\nlayers:\n";
  for (const std::string& layer : layers)
    yaml += fmt::format("  - {{type: fc, in_features: 4, out_features: 4, {}}}\n", layer);
  return yaml;
}

std::string error_in(const Words& layers) {
  return error_of([&] { parse_workload(fc_network(layers), "w.yaml"); });
}

/// An error whose place is marked by '@'.
void expect_error(const Words& layers, std::string_view says) {
  const auto [yaml, place] = test::marked(fc_network(layers));
  EXPECT_EQ(error_of([&] { parse_workload(yaml, "w.yaml"); }),
            fmt::format("input: w.yaml:{}: {}", place, says));
}

Words names_of(const Workload& workload) {
  Words names;
  for (LayerIndex v = 0; v < workload.size(); ++v) names.push_back(workload.layer(v).name);
  return names;
}

TEST(Workload, LayersMayStandInAnyOrder) {
  const Workload workload =
      parse_workload(fc_network({"name: c, inputs: [a]", "name: a", "name: b"}), "w.yaml");
  EXPECT_THAT(names_of(workload), ElementsAre("c", "a", "b"));
  // a first, as c waits for it; then c, which stands before b.
  EXPECT_THAT(workload.topological_order(), ElementsAre(1, 0, 2));
  EXPECT_EQ(workload.find("b"), LayerIndex{2});
  EXPECT_EQ(workload.find("d"), std::nullopt);
}

TEST(Workload, NamesMustBeUniqueAndKnown) {
  EXPECT_EQ(error_in({"name: a", "name: b", "name: a"}),
            "input: w.yaml:5:5: layer 'a': the name is taken by an earlier layer; names must be unique");
  expect_error({"name: first", "name: second, inputs: [@frist]"},
               "layer 'second': inputs names an unknown layer 'frist'; did you mean 'first'?");
  expect_error({"name: first", "name: second, inputs: [first], residual: [@banana]"},
               "layer 'second': residual names an unknown layer 'banana'; known: first and second");
  expect_error({"name: a", "name: b, inputs: [a, @a]"}, "layer 'b': inputs names 'a' twice; keep one");
  expect_error({"name: a", "name: b, residual: [a, @a]"}, "layer 'b': residual names 'a' twice; keep one");
}

TEST(Workload, CyclesAreNamed) {
  EXPECT_EQ(error_in({"name: a, inputs: [a]"}),
            "input: w.yaml:3:5: layer 'a': is on a cycle: a -> a; a workload must be acyclic");
  EXPECT_EQ(error_in({"name: a, residual: [a]"}),
            "input: w.yaml:3:5: layer 'a': is on a cycle: a -> a; a workload must be acyclic");
  EXPECT_EQ(error_in({"name: a, inputs: [b]", "name: b, inputs: [a]"}),
            "input: w.yaml:3:5: layer 'a': is on a cycle: a -> b -> a; a workload must be acyclic");
  // Of two directions around a cycle it is the one in which data flow: a feeds c, c feeds b.
  EXPECT_EQ(error_in({"name: a, inputs: [b]", "name: b, inputs: [c]", "name: c, inputs: [a]"}),
            "input: w.yaml:3:5: layer 'a': is on a cycle: a -> c -> b -> a; a workload must be acyclic");
}

TEST(Workload, LayersBeforeAndBehindACycleAreNotOnIt) {
  // in feeds the cycle p -> q; the layer that stands first in the file only reads from it.
  EXPECT_EQ(error_in({"name: behind, inputs: [p]", "name: in", "name: p, inputs: [in], residual: [q]",
                      "name: q, inputs: [p]"}),
            "input: w.yaml:5:5: layer 'p': is on a cycle: p -> q -> p; a workload must be acyclic");
}

TEST(Workload, LongCyclesAreShortened) {
  Words layers;
  for (int i = 0; i < 11; ++i) layers.push_back(fmt::format("name: l{}, inputs: [l{}]", i, (i + 10) % 11));
  EXPECT_EQ(error_in(layers),
            "input: w.yaml:3:5: layer 'l0': is on a cycle: l0 -> l1 -> l2 -> l3 -> l4 -> l5 -> l6 -> l7 -> "
            "(3 more) -> l0; "
            "a workload must be acyclic");
}

TEST(Workload, FromAProgramNeedsPositiveSizes) {
  WorkloadDescription description;
  description.name = "w";
  EXPECT_EQ(error_of([&] { Workload{description}; }), "input: a workload needs at least one layer");
  description.layers.push_back({Layer{"x", "", FullyConnected{0, 4}}});
  EXPECT_EQ(error_of([&] { Workload{description}; }), "input: layer 'x': every size must be at least 1");
  description.layers[0].layer = Layer{"x", "", FullyConnected{4, 4}, 0};
  EXPECT_EQ(error_of([&] { Workload{description}; }), "input: layer 'x': every size must be at least 1");
  description.layers[0].layer.batch = 1;
  EXPECT_EQ(Workload(description).weights(), 16);
}

TEST(Workload, FromAProgramEveryFieldIsChecked) {
  const auto error_with = [](Operation operation) {
    WorkloadDescription description;
    description.layers.push_back({Layer{"x", "", operation}});
    return error_of([&] { Workload{description}; });
  };
  const Conv conv{8, 4, 6, 6, 3, 3, 1, 1, 2};
  EXPECT_EQ(error_with(conv), "no error");
  const std::string small = "input: layer 'x': every size must be at least 1";
  for (std::int64_t Conv::*field :
       {&Conv::out_channels, &Conv::in_channels, &Conv::out_height, &Conv::out_width, &Conv::kernel_height,
        &Conv::kernel_width, &Conv::stride_height, &Conv::stride_width, &Conv::groups}) {
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}}) {
      Conv wrong = conv;
      wrong.*field = value;
      EXPECT_EQ(error_with(wrong), small);
    }
  }
  EXPECT_EQ(error_with(Conv{8, 4, 6, 6, 3, 3, 1, 1, 3}),
            "input: layer 'x': its groups must divide its channels");
  EXPECT_EQ(error_with(Lstm{4, 4, 0}), small);
  EXPECT_EQ(error_with(Lstm{4, 4, 1, -2}), small);
  EXPECT_EQ(error_with(MatMul{4, 0, 4}), small);
  EXPECT_EQ(error_with(Attention{4, 8, 0}), small);
  EXPECT_EQ(error_with(Attention{4, 8, 3}), "input: layer 'x': its heads must divide its model size");
  EXPECT_EQ(error_with(Pool{4, 2, 2, -1}), small);
  EXPECT_EQ(error_with(Concat{4, 2, -2}), small);
  EXPECT_EQ(
      error_with(Lstm{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()}),
      "input: layer 'x': is too large: one of its sizes exceeds 2^53");
}

/// A text and an image branch, joined; then an output. `side` is an image layer that reads the text.
const char* const kTwoModalities =
    "name: w\n"
    "layers:\n"
    "  - {name: text, type: fc, modality: text, in_features: 2, out_features: 4}\n"
    "  - {name: image, type: fc, modality: image, in_features: 2, out_features: 12}\n"
    "  - {name: side, type: fc, modality: image, in_features: 4, out_features: 4, inputs: [text]}\n"
    "  - {name: join, type: fc, in_features: 16, out_features: 4, inputs: [text, image], residual: [side]}\n"
    "  - {name: alone, type: fc, in_features: 12, out_features: 3, inputs: [image]}\n"
    "  - {name: out, type: fc, in_features: 3, out_features: 3, inputs: [alone]}\n";

TEST(WorkloadModalities, AreListedByFirstUse) {
  EXPECT_THAT(parse_workload(kTwoModalities, "w.yaml").modalities(), ElementsAre("text", "image"));
}

TEST(WorkloadModalities, SwitchedOffWithAllThatReadsNothingElse) {
  const Workload workload = parse_workload(kTwoModalities, "w.yaml");
  const auto with = [&](const Words& words) { return names_of(workload.with_modalities(words)); };
  EXPECT_THAT(with({}), ElementsAre("text", "image", "side", "join", "alone", "out"));
  EXPECT_THAT(with({"text", "image"}), ElementsAre("text", "image", "side", "join", "alone", "out"));
  // Without images `alone` has nothing to read, and `out` nothing behind it.
  EXPECT_THAT(with({"text"}), ElementsAre("text", "join"));
  EXPECT_THAT(with({"-image"}), ElementsAre("text", "join"));
  // Without text `side` goes, though it is of the images.
  EXPECT_THAT(with({"image"}), ElementsAre("image", "join", "alone", "out"));
  EXPECT_THAT(with({"-text"}), ElementsAre("image", "join", "alone", "out"));
  EXPECT_THAT(with({"image", "-text"}), ElementsAre("image", "join", "alone", "out"));
}

TEST(WorkloadModalities, AJoinThatLosesABranchKeepsItsShapeAndTheShareOfTheOther) {
  const Workload workload = parse_workload(kTwoModalities, "w.yaml");
  const Workload text = workload.with_modalities(Words{"text"});
  const LayerIndex join = *text.find("join");
  EXPECT_EQ(text.layer(join).weights(), 64);
  EXPECT_EQ(text.layer(join).input(), (Shape{16}));
  ASSERT_EQ(boost::in_degree(join, text.graph()), 1U) << "image and the residual are gone";
  const Dependency& left = text.graph()[*boost::in_edges(join, text.graph()).first];
  EXPECT_EQ(left.features, 4);
  EXPECT_EQ(left.of_features, 16);
  EXPECT_FALSE(text.layer(join).reads_network_input);
  EXPECT_EQ(text.name(), "w");
}

TEST(WorkloadModalities, ALayerDoesNotKeepItsResidualAlone) {
  const std::string begin =
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, modality: a, in_features: 4, out_features: 4}\n"
      "  - {name: b, type: fc, modality: b, in_features: 4, out_features: 4}\n";
  const Workload workload = parse_workload(
      begin + "  - {name: x, type: fc, in_features: 4, out_features: 4, inputs: [a], residual: [b]}\n",
      "w.yaml");
  const std::string refusal =
      "usage: layer 'x' would have its residual alone: its inputs read a, which is off; switch that on too";
  EXPECT_EQ(error_of([&] { workload.with_modalities(Words{"b"}); }), refusal);
  EXPECT_EQ(error_of([&] { workload.with_modalities(Words{"-a"}); }), refusal);
  const Workload without_residual = workload.with_modalities(Words{"-b"});
  EXPECT_THAT(names_of(without_residual), ElementsAre("a", "x"));
  EXPECT_EQ(boost::in_degree(1, without_residual.graph()), 1U);
  // What reads an input of the network has that, whatever becomes of its residual.
  const Workload reading = parse_workload(
      begin + "  - {name: x, type: fc, in_features: 4, out_features: 4, residual: [b]}\n", "w.yaml");
  EXPECT_THAT(names_of(reading.with_modalities(Words{"a"})), ElementsAre("a", "x"));
}

TEST(WorkloadModalities, AProductDoesNotLoseOneOfItsFactors) {
  const Workload workload = parse_workload(
      "name: w\nlayers:\n"
      "  - {name: a, type: lstm, modality: a, input_size: 4, hidden_size: 2, sequence_length: 3}\n"
      "  - {name: b, type: lstm, modality: b, input_size: 4, hidden_size: 4, sequence_length: 2}\n"
      "  - {name: x, type: matmul, rows: 3, inner: 2, columns: 4, weights: false, inputs: [a, b]}\n"
      "  - {name: y, type: fc, modality: c, in_features: 4, out_features: 4}\n",
      "w.yaml");
  EXPECT_EQ(
      error_of([&] { workload.with_modalities(Words{"-b"}); }),
      "usage: layer 'x' would lack a factor of its product: that reads b, which is off; switch that on too");
  EXPECT_EQ(
      error_of([&] {
        workload.with_modalities(Words{"b", "c"});
      }),
      "usage: layer 'x' would lack a factor of its product: that reads a, which is off; switch that on too");
  EXPECT_THAT(names_of(workload.with_modalities(Words{"a", "b"})), ElementsAre("a", "b", "x"));
  EXPECT_THAT(names_of(workload.with_modalities(Words{"c"})), ElementsAre("y")) << "without both it goes";
}

/// b reads a; c reads a and b; then a layer of no modality, and d by itself.
const char* const kChained =
    "name: w\n"
    "layers:\n"
    "  - {name: join, type: fc, in_features: 8, out_features: 4, inputs: [c1, d1]}\n"
    "  - {name: c1, type: fc, modality: c, in_features: 8, out_features: 4, inputs: [b1, e1]}\n"
    "  - {name: a1, type: fc, modality: a, in_features: 4, out_features: 4}\n"
    "  - {name: b1, type: fc, modality: b, in_features: 4, out_features: 4, inputs: [a1]}\n"
    "  - {name: e1, type: fc, modality: e, in_features: 4, out_features: 4}\n"
    "  - {name: d1, type: fc, modality: d, in_features: 4, out_features: 4}\n";

TEST(WorkloadModalities, WhatIsNamedMustHaveALayerLeft) {
  const Workload workload = parse_workload(kChained, "w.yaml");
  const auto error = [&](const Words& words) { return error_of([&] { workload.with_modalities(words); }); };
  EXPECT_EQ(
      error({"b", "d"}),
      "usage: modality 'b' is on, but none of its layers is left: they read a, which is off; switch that on "
      "too, or this off");
  EXPECT_EQ(
      error({"c"}),
      "usage: modality 'c' is on, but none of its layers is left: they read b and e, which are off; switch "
      "one of these on too, or this off");
  // c is on, and so is b, which it reads; it is a that is missing.
  EXPECT_EQ(
      error({"c", "b"}),
      "usage: modality 'c' is on, but none of its layers is left: they read a and e, which are off; switch "
      "one of these on too, or this off");
  EXPECT_EQ(
      error({"a", "c", "-b"}),
      "usage: modality 'c' is on, but none of its layers is left: they read b and e, which are off; switch "
      "one of these on too, or this off");
  // Who only says what is off has what hangs on it off, too.
  EXPECT_THAT(names_of(workload.with_modalities(Words{"-a", "-e"})), ElementsAre("join", "d1"));
  EXPECT_EQ(error({"-a", "-e", "-d"}),
            "usage: no layer of workload 'w' is left; its modalities are c, a, b, e and d");
}

TEST(WorkloadModalities, Errors) {
  const Workload workload = parse_workload(kTwoModalities, "w.yaml");
  const auto error = [&](const Words& words) { return error_of([&] { workload.with_modalities(words); }); };
  EXPECT_EQ(error({"txet"}), "usage: workload 'w' has no modality 'txet'; did you mean 'text'?");
  EXPECT_EQ(error({"-sound"}), "usage: workload 'w' has no modality 'sound'; known: text and image");
  EXPECT_EQ(error({""}), "usage: workload 'w' has no modality ''; known: text and image");
  EXPECT_EQ(error({"text", "-text"}),
            "usage: no layer of workload 'w' is left; its modalities are text and image");
  const Workload plain = parse_workload(fc_network({"name: a"}), "w.yaml");
  EXPECT_EQ(error_of([&] { plain.with_modalities(Words{"text"}); }),
            "usage: workload 'w' has no modality 'text'; there is none");
  EXPECT_EQ(error({"-text", "-image"}),
            "usage: no layer of workload 'w' is left; its modalities are text and image");
}

TEST(WorkloadBatch, MultipliesWorkAndActivationsNotWeights) {
  const Workload one = parse_workload(kTwoModalities, "w.yaml");
  const Workload eight = one.with_batch(8);
  EXPECT_EQ(eight.weights(), one.weights());
  EXPECT_EQ(eight.macs(), 8 * one.macs());
  EXPECT_EQ(eight.activations(), 8 * one.activations());
  EXPECT_EQ(eight.with_batch(1).macs(), one.macs()) << "a batch replaces the one before";
}

TEST(WorkloadBatch, Errors) {
  const Workload workload = parse_workload(kTwoModalities, "w.yaml");
  EXPECT_EQ(error_of([&] { workload.with_batch(0); }),
            "usage: batch 0: layer 'text': every size must be at least 1");
  EXPECT_EQ(error_of([&] { workload.with_batch(-1); }),
            "usage: batch -1: layer 'text': every size must be at least 1");
  // 2^50 times 8 products is the limit; image has 24.
  EXPECT_EQ(error_of([&] { workload.with_batch(std::int64_t{1} << 49U); }),
            "usage: batch 562949953421312: layer 'text': is too large: its work or one of its tensors "
            "exceeds 2^53");
}

TEST(WorkloadTotals, AreLimitedToo) {
  // 2^24 x 2^23 weights are within a layer's limit; sixty-four such layers reach the sum's.
  std::string yaml = "name: w\nlayers:\n";
  for (int i = 0; i < 64; ++i) {
    yaml += fmt::format("  - {{name: l{}, type: fc, in_features: 16777216, out_features: 8388608}}\n", i);
  }
  const std::string too_large =
      "the workload is too large: its weights, work or outputs add up to more than 2^53";
  EXPECT_EQ(error_of([&] { parse_workload(yaml, "w.yaml"); }), "no error");
  EXPECT_EQ(error_of([&] { parse_workload(yaml, "w.yaml").with_batch(2); }), "usage: " + too_large);
  yaml += "  - {name: more, type: fc, in_features: 2, out_features: 1}\n";
  EXPECT_EQ(error_of([&] { parse_workload(yaml, "w.yaml"); }), "input: w.yaml:1:1: " + too_large);
}

struct Shipped {
  std::string name;
  std::size_t layers;
  double million_weights;
  double giga_macs;
};

TEST(ShippedWorkloads, HaveTheirPublishedSizes) {
  for (const auto& [name, layers, million_weights, giga_macs] :
       {Shipped{"vlocnet", 141, 62.04, 10.88}, Shipped{"casua_surf", 44, 13.24, 7.75},
        Shipped{"vfs", 102, 364.78, 41.13}, Shipped{"facebag", 58, 14.17, 0.24},
        Shipped{"cnn_lstm", 21, 15.95, 1.78}, Shipped{"mocap", 14, 6.50, 0.66},
        Shipped{"h2h2022/vlocnet", 141, 192.49, 151.17}, Shipped{"h2h2022/casua_surf", 44, 13.24, 7.75},
        Shipped{"h2h2022/vfs", 49, 365.67, 31.57}, Shipped{"h2h2022/facebag", 65, 24.49, 1.83},
        Shipped{"h2h2022/cnn_lstm", 21, 15.95, 1.78}, Shipped{"h2h2022/mocap", 33, 7.87, 24.39}}) {
    const Workload workload = read_workload(test::source_file("workloads/" + name + ".yaml"));
    EXPECT_EQ(workload.name(), name);
    EXPECT_EQ(workload.size(), layers) << name;
    EXPECT_NEAR(static_cast<double>(workload.weights()) / 1e6, million_weights, 0.005) << name;
    EXPECT_NEAR(static_cast<double>(workload.macs()) / 1e9, giga_macs, 0.005) << name;
  }
}

struct ShippedModalities {
  std::string name;
  std::size_t modalities;
  std::size_t networks;  ///< subsets that are valid
};

/// What any workload promises, of which a part is switched off.
void expect_network(const Workload& workload, const Words& wanted) {
  const std::string what = fmt::format("{} with {}", workload.name(), fmt::join(wanted, ","));
  const Workload::Graph& graph = workload.graph();
  EXPECT_EQ(workload.topological_order().size(), workload.size()) << what;
  EXPECT_EQ(workload.modalities().size(), wanted.size()) << what;
  for (LayerIndex v = 0; v < workload.size(); ++v) {
    const auto edges = boost::make_iterator_range(boost::in_edges(v, graph));
    EXPECT_TRUE(workload.layer(v).reads_network_input ||
                std::any_of(edges.begin(), edges.end(),
                            [&](const auto& edge) { return graph[edge].role == Dependency::Role::input; }))
        << what << ": " << workload.layer(v).name;
  }
}

TEST(ShippedWorkloads, AreNetworksWithEachSubsetOfTheirModalitiesOrRefused) {
  // In VLocNet odo_cur and global read cur_shared, and odometry reads odo_prev and odo_cur. With cur_shared
  // there are 8 choices of odo_prev, odo_cur and global, 6 of them also with odometry; without it odo_prev
  // alone or with odometry. In the authors' variant odometry_cur and global read each other's streams, but
  // not them alone. Everywhere else each modality is a stream by itself.
  for (const auto& [name, modalities, networks] :
       {ShippedModalities{"vlocnet", 5, 16}, ShippedModalities{"casua_surf", 3, 7},
        ShippedModalities{"vfs", 4, 15}, ShippedModalities{"facebag", 3, 7},
        ShippedModalities{"cnn_lstm", 3, 7}, ShippedModalities{"mocap", 3, 7},
        ShippedModalities{"h2h2022/vlocnet", 3, 7}, ShippedModalities{"h2h2022/casua_surf", 3, 7},
        ShippedModalities{"h2h2022/vfs", 4, 15}, ShippedModalities{"h2h2022/facebag", 3, 7},
        ShippedModalities{"h2h2022/cnn_lstm", 3, 7}, ShippedModalities{"h2h2022/mocap", 4, 15}}) {
    const Workload workload = read_workload(test::source_file("workloads/" + name + ".yaml"));
    const Words known = workload.modalities();
    ASSERT_EQ(known.size(), modalities) << name;
    std::size_t accepted = 0;
    for (std::size_t subset = 1; subset < std::size_t{1} << known.size(); ++subset) {
      Words wanted;
      for (std::size_t i = 0; i < known.size(); ++i) {
        if ((subset >> i & 1U) != 0) wanted.push_back(known[i]);
      }
      try {
        expect_network(workload.with_modalities(wanted), wanted);
        ++accepted;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_THAT(error.what(), testing::MatchesRegex(
                                      "modality '[a-z_]+' is on, but none of its layers is left: they read "
                                      "[a-z_, ]+, which (is|are) off; switch (that|one of these) on too, or "
                                      "this off"))
            << name;
      }
    }
    EXPECT_EQ(accepted, networks) << name;
  }
}

}  // namespace
}  // namespace h2h
