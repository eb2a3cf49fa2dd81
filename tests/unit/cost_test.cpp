// SPDX-License-Identifier: Apache-2.0
//
// What crosses the network, and what a layer costs where.

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/cost/problem.hpp>
#include <h2h/cost/traffic.hpp>

#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::error_of;
using testing::ElementsAre;

Layer layer_of(const Operation& operation, std::int64_t batch = 1) {
  return {"x", "", operation, batch};
}

TEST(Traffic, BytesAreWholeAndRoundedUp) {
  EXPECT_EQ(bytes_of(0, 32), 0);
  EXPECT_EQ(bytes_of(10, 32), 40);
  EXPECT_EQ(bytes_of(1, 1), 1);
  EXPECT_EQ(bytes_of(8, 1), 1);
  EXPECT_EQ(bytes_of(9, 1), 2);
  EXPECT_EQ(bytes_of(3, 5), 2) << "15 bits";
  EXPECT_EQ(bytes_of(std::int64_t{1} << 47U, 64), std::int64_t{1} << 50U);
}

TEST(Traffic, InputAndOutputElements) {
  const Conv conv{4, 3, 5, 7, 3, 3, 2, 2, 1};
  // 3 x (5 x 2) x (7 x 2) in, 4 x 5 x 7 out.
  EXPECT_EQ(input_elements(layer_of(conv), IfmExtent::input), 420);
  EXPECT_EQ(output_elements(layer_of(conv), IfmExtent::input), 140);
  EXPECT_EQ(input_elements(layer_of(conv, 3), IfmExtent::input), 1260);
  EXPECT_EQ(output_elements(layer_of(conv, 3), IfmExtent::input), 420);
  const Lstm lstm{5, 3, 1, 4, true, Lstm::Outputs::sequence};
  EXPECT_EQ(input_elements(layer_of(lstm), IfmExtent::input), 20);
  EXPECT_EQ(output_elements(layer_of(lstm), IfmExtent::input), 24) << "both directions at four steps";
}

TEST(Traffic, OutputDoubledIsTheReleases) {
  // N x 2R x 2C whatever the stride: 3 x 10 x 14.
  for (const std::int64_t stride : {1, 2, 4}) {
    EXPECT_EQ(input_elements(layer_of(Conv{4, 3, 5, 7, 3, 3, stride, stride, 1}), IfmExtent::output_doubled),
              420);
  }
  EXPECT_EQ(input_elements(layer_of(Conv{4, 3, 5, 7}, 2), IfmExtent::output_doubled), 840);
  EXPECT_EQ(output_elements(layer_of(Conv{4, 3, 5, 7}), IfmExtent::output_doubled), 140);
  // One step of an LSTM in and out.
  const Lstm lstm{5, 3, 1, 4, false, Lstm::Outputs::sequence};
  EXPECT_EQ(input_elements(layer_of(lstm, 2), IfmExtent::output_doubled), 10);
  EXPECT_EQ(output_elements(layer_of(lstm, 2), IfmExtent::output_doubled), 6);
  // N in and M out of a fully connected layer, as always; the rest as always.
  EXPECT_EQ(input_elements(layer_of(FullyConnected{10, 3}), IfmExtent::output_doubled), 10);
  EXPECT_EQ(output_elements(layer_of(FullyConnected{10, 3}), IfmExtent::output_doubled), 3);
  EXPECT_EQ(input_elements(layer_of(Pool{3, 5, 7, 2, 2, 2, 2}), IfmExtent::output_doubled), 420);
}

TEST(Traffic, ADependencyIsItsPartOfTheConsumersInput) {
  const Layer consumer = layer_of(Conv{4, 8, 3, 3, 1, 1, 1, 1, 1});
  const auto bytes = [&](std::int64_t features, int bits) {
    return dependency_bytes(consumer, {Dependency::Role::input, features, 8}, IfmExtent::input, bits);
  };
  // 72 numbers, of which 3 of 8 channels are 27.
  EXPECT_EQ(bytes(3, 8), 27);
  EXPECT_EQ(bytes(3, 32), 108);
  EXPECT_EQ(bytes(3, 5), 17) << "135 bits";
  EXPECT_EQ(bytes(8, 5), 45);
  // A part may be no whole number of elements: 7 x 1/3 of 8 bits.
  EXPECT_EQ(
      dependency_bytes(layer_of(FullyConnected{7, 1}), {Dependency::Role::input, 1, 3}, IfmExtent::input, 8),
      3);
  // The size of the producer does not matter: a pooling in between is implied.
  EXPECT_EQ(dependency_bytes(layer_of(Conv{1, 2, 4, 4}), {Dependency::Role::input, 1, 1},
                             IfmExtent::output_doubled, 8),
            128)
      << "2 x 8 x 8";
}

TEST(Traffic, AResidualHasTheSizeOfTheConsumersOutput) {
  const Layer consumer = layer_of(Conv{4, 8, 3, 3, 1, 1, 2, 2, 1}, 2);
  EXPECT_EQ(dependency_bytes(consumer, {Dependency::Role::residual}, IfmExtent::input, 16), 2 * 36 * 2);
  EXPECT_EQ(dependency_bytes(consumer, {Dependency::Role::residual}, IfmExtent::output_doubled, 16),
            2 * 36 * 2);
}

TEST(Traffic, SharesOfHugeTensorsDoNotOverflow) {
  // 2^44 numbers x 2^40 of 2^41 features x 64 bits is 2^90 on the way; half of 2^47 bytes comes out.
  const Layer consumer = layer_of(FullyConnected{std::int64_t{1} << 44U, 1});
  EXPECT_EQ(
      dependency_bytes(consumer, {Dependency::Role::input, std::int64_t{1} << 40U, std::int64_t{1} << 41U},
                       IfmExtent::input, 64),
      std::int64_t{1} << 46U);
}

/// a feeds b and c, b feeds c, and c has a residual; d stands alone.
const char* const kWorkload =
    "name: w\n"
    "layers:\n"
    "  - {name: c, type: fc, in_features: 30, out_features: 20, inputs: [b, a], residual: [a]}\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
    "  - {name: b, type: fc, in_features: 20, out_features: 10, inputs: [a]}\n"
    "  - {name: d, type: pool, channels: 2, out_height: 3, out_width: 3, kernel: 2, stride: 2}\n";

const char* const kCatalogue =
    "accelerators:\n"
    "  X: {types: [fc, pool], model: table, parameters: {default_s: 5, layers: {d: 0}}, data_bits: 8,\n"
    "      dram: {capacity: 1kB}, power: {active_W: 1}}\n"
    "  Y: {types: [fc], model: table, parameters: {layers: {a: 2, b: 3, c: 4, d: 1}}, data_bits: {weights: "
    "4, activations: 16},\n"
    "      dram: {capacity: 1kB}, power: {active_W: 1}}\n";

constexpr LayerIndex kC = 0, kA = 1, kB = 2, kD = 3;

TEST(Problem, TensorsStandInTheOrderInWhichTheyAreTransferred) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}});
  const Problem& problem = hand.problem;
  ASSERT_EQ(problem.tensors(), 6U);
  const auto describe = [&](LayerIndex layer) {
    std::vector<std::pair<LayerIndex, Dependency::Role>> list;
    for (const TensorIndex tensor : problem.inputs(layer)) {
      EXPECT_EQ(problem.tensor(tensor).consumer, layer);
      list.emplace_back(problem.tensor(tensor).producer, problem.tensor(tensor).role);
    }
    return list;
  };
  constexpr auto kInput = Dependency::Role::input;
  EXPECT_THAT(describe(kC), ElementsAre(std::pair(kB, kInput), std::pair(kA, kInput),
                                        std::pair(kA, Dependency::Role::residual)))
      << "inputs in list order, residuals last";
  EXPECT_THAT(describe(kA), ElementsAre(std::pair(Tensor::kNetworkInput, kInput)));
  EXPECT_THAT(describe(kB), ElementsAre(std::pair(kA, kInput)));
  // Tensors of c are 0 to 2, of a 3, of b 4, of d 5.
  EXPECT_THAT(problem.outputs(kA), ElementsAre(1, 2, 4));
  EXPECT_THAT(problem.outputs(kB), ElementsAre(0));
  EXPECT_TRUE(problem.outputs(kC).empty());
  EXPECT_TRUE(problem.is_result(kC));
  EXPECT_FALSE(problem.is_result(kA));
  EXPECT_TRUE(problem.is_result(kD));
  EXPECT_THAT(problem.topological_order(), ElementsAre(kA, kB, kC, kD));
}

TEST(Problem, CostsByHand) {
  // 100 B/s and a second of latency a transfer.
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X", 100, 1}, {"fpga1", "Y", 100, 1}});
  const Problem& problem = hand.problem;
  // On X a number is a byte. a: 200 weights, 10 in, 20 out, 5 s.
  const Problem::LayerCost& a = problem.cost(kA, 0);
  EXPECT_EQ(a.weight_bytes, 200);
  EXPECT_EQ(a.output_bytes, 20);
  EXPECT_DOUBLE_EQ(a.weights_s, 3);
  EXPECT_DOUBLE_EQ(a.output_s, 1.2);
  EXPECT_DOUBLE_EQ(a.compute_s, 5);
  EXPECT_EQ(problem.input_bytes(3, 0), 10);
  EXPECT_DOUBLE_EQ(problem.input_s(3, 0), 1.1);
  EXPECT_DOUBLE_EQ(problem.zero_locality_s(kA, 0), 3 + 1.1 + 5 + 1.2);
  // c on X: 600 weights; 10 of b, 20 of a, a residual of its own 20; 20 out.
  EXPECT_EQ(problem.input_bytes(0, 0), 10);
  EXPECT_EQ(problem.input_bytes(1, 0), 20);
  EXPECT_EQ(problem.input_bytes(2, 0), 20);
  EXPECT_DOUBLE_EQ(problem.zero_locality_s(kC, 0), 7 + 1.1 + 1.2 + 1.2 + 5 + 1.2);
  // On Y weights take half a byte, activations two.
  EXPECT_EQ(problem.cost(kC, 1).weight_bytes, 300);
  EXPECT_EQ(problem.cost(kC, 1).output_bytes, 40);
  EXPECT_EQ(problem.input_bytes(0, 1), 20);
  EXPECT_DOUBLE_EQ(problem.zero_locality_s(kC, 1), 4 + 1.2 + 1.4 + 1.4 + 4 + 1.4);
  // d has no weights: no transfer, not even its latency. It reads 2 x 6 x 6 and writes 2 x 3 x 3.
  EXPECT_EQ(problem.cost(kD, 0).weights_s, 0);
  EXPECT_DOUBLE_EQ(problem.zero_locality_s(kD, 0), 0 + 1.72 + 0 + 1.18);
}

TEST(Problem, CandidatesRunTheTypeAndTheLayer) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "Y"}, {"fpga1", "X"}, {"fpga2", "Y"}});
  const Problem& problem = hand.problem;
  EXPECT_THAT(problem.candidates(kA), ElementsAre(0, 1, 2));
  EXPECT_THAT(problem.candidates(kD), ElementsAre(1)) << "Y's table lists d, but Y does not run pools";
  EXPECT_TRUE(problem.runs(kD, 1));
  EXPECT_FALSE(problem.runs(kD, 0));
  EXPECT_EQ(problem.cost(kD, 0).compute_s, std::numeric_limits<double>::infinity());
}

TEST(Problem, KindsAreAcceleratorsThatCostTheSame) {
  const ByHand hand(kWorkload, kCatalogue,
                    {{"fpga0", "X"},
                     {"fpga1", "X", 100, 0, {{"dram_capacity", "5kB"}, {"active_W", "9"}}},
                     {"fpga2", "X", 200},
                     {"fpga3", "X", 100, 0.5},
                     {"fpga4", "Y"},
                     {"fpga5", "X"}});
  const Problem& problem = hand.problem;
  EXPECT_EQ(problem.kinds(), 4U);
  EXPECT_EQ(problem.kind(0), problem.kind(1)) << "memory and power do not change what a layer costs";
  EXPECT_EQ(problem.kind(0), problem.kind(5));
  EXPECT_NE(problem.kind(0), problem.kind(2)) << "another bandwidth";
  EXPECT_NE(problem.kind(0), problem.kind(3)) << "another latency";
  EXPECT_NE(problem.kind(0), problem.kind(4)) << "another model";
  for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind)
    EXPECT_EQ(problem.kind(problem.representative(kind)), kind);
  EXPECT_EQ(problem.representative(problem.kind(5)), 0U) << "the first of its kind";
  EXPECT_DOUBLE_EQ(problem.input_s(3, 2), 0.05) << "10 bytes at 200 B/s";
  EXPECT_EQ(problem.input_s_on_kind(3, problem.kind(2)), problem.input_s(3, 2));
  EXPECT_EQ(&problem.cost_on_kind(kA, problem.kind(4)), &problem.cost(kA, 4));
}

TEST(Problem, AChangeOfModalitiesTakesTheTransfersAway) {
  const std::string yaml =
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, modality: m, in_features: 10, out_features: 20}\n"
      "  - {name: b, type: fc, modality: n, in_features: 10, out_features: 10}\n"
      "  - {name: c, type: fc, in_features: 30, out_features: 5, inputs: [a, b]}\n";
  const Workload workload = parse_workload(yaml, "w.yaml").with_modalities(std::vector<std::string>{"n"});
  const System system =
      make_system(test::platform_by_hand({{"fpga0", "X"}}), test::catalogue_by_hand(kCatalogue));
  const Problem problem(workload, system);
  ASSERT_EQ(problem.tensors(), 2U);
  EXPECT_EQ(problem.input_bytes(1, 0), 10) << "of the 30 features only b's are there";
  EXPECT_EQ(problem.cost(1, 0).weight_bytes, 150) << "its weights stay";
}

/// A model that a plug-in might bring.
class Fixed : public AcceleratorModel {
 public:
  explicit Fixed(double seconds) : seconds_(seconds) {}
  bool runs(LayerType /*type*/) const override { return true; }
  std::optional<ComputeTime> time(const Layer& /*layer*/) const override { return ComputeTime{seconds_}; }

 private:
  double seconds_;
};

TEST(Problem, TimesThatCannotBe) {
  const Workload workload = parse_workload(kWorkload, "w.yaml");
  const auto error = [&](double seconds) {
    System system =
        make_system(test::platform_by_hand({{"fpga0", "X"}}), test::catalogue_by_hand(kCatalogue));
    system.accelerators[0].type.model = std::make_shared<const Fixed>(seconds);
    return error_of([&] { Problem(workload, system); });
  };
  EXPECT_EQ(error(0), "no error");
  EXPECT_EQ(error(1e9), "no error");
  const std::string hint = "; its parameters are out of all proportion";
  EXPECT_EQ(error(1.1e9), "input: accelerator 'X' takes 1100000000 s for layer 'c'" + hint);
  EXPECT_EQ(error(-1), "input: accelerator 'X' takes -1 s for layer 'c'" + hint);
  EXPECT_EQ(error(std::numeric_limits<double>::infinity()),
            "input: accelerator 'X' takes inf s for layer 'c'" + hint);
  EXPECT_EQ(error(std::numeric_limits<double>::quiet_NaN()),
            "input: accelerator 'X' takes nan s for layer 'c'" + hint);
}

TEST(Problem, LayersThatRunNowhere) {
  const auto error = [](std::string_view catalogue) {
    return error_of([&] { ByHand(kWorkload, catalogue, {{"fpga0", "X"}}); });
  };
  EXPECT_EQ(error("accelerators:\n"
                  "  X: {types: [conv, fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: "
                  "8, dram: {capacity: 1kB}, "
                  "power: {active_W: 1}}\n"),
            "infeasible: layer 'd' (pool) runs on no accelerator of platform 'by-hand'; its accelerators run "
            "conv and fc; add one "
            "that runs pool");
  EXPECT_EQ(error("accelerators:\n"
                  "  X: {types: [fc, pool], model: table, parameters: {layers: {a: 1, c: 1, d: 1}}, "
                  "data_bits: 8, dram: {capacity: "
                  "1kB}, power: {active_W: 1}}\n"),
            "infeasible: layer 'b' (fc) runs on no accelerator of platform 'by-hand'; the tables of its "
            "accelerators do not list "
            "it; add it, or a default_s");
}

}  // namespace
}  // namespace h2h
