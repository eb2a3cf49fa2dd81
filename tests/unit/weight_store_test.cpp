// SPDX-License-Identifier: Apache-2.0
//
// Weights that come and go, by hand: what is loaded, kept in use, kept idle and evicted, to the byte.

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/scenario/weight_store.hpp>

#include "by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// Layers that read the network's input, with as many bytes of weights as their names say.
constexpr const char* kWorkload =
    "name: w\n"
    "layers:\n"
    "  - {name: a100, type: fc, modality: a, in_features: 10, out_features: 10}\n"
    "  - {name: b200, type: fc, modality: b, in_features: 20, out_features: 10}\n"
    "  - {name: c300, type: fc, modality: c, in_features: 30, out_features: 10}\n"
    "  - {name: d50, type: fc, modality: d, in_features: 10, out_features: 5}\n"
    "  - {name: e150, type: fc, modality: e, in_features: 15, out_features: 10}\n"
    "  - {name: f, type: fc, modality: c, in_features: 10, out_features: 10, inputs: [c300]}\n";

/// 400 bytes for weights on each FPGA; 100 bytes a second.
constexpr const char* kCatalogue =
    "accelerators:\n"
    "  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8,\n"
    "      dram: {capacity: 800B}, power: {active_W: 2}}\n";

class Store : public testing::TestWithParam<Eviction> {
 protected:
  struct Place {
    const char* layer;
    AcceleratorIndex fpga = 0;
    bool pinned = true;
  };

  /// A problem of some of the layers, and their mapping.
  struct Day {
    Workload workload;
    std::unique_ptr<Problem> problem;
    Mapping mapping;
  };

  /// The layers that are named run; all others are off.
  Day& day(const std::vector<Place>& places) {
    std::vector<std::string> on;
    for (const Place& place : places)
      on.push_back(hand_.workload.layer(*hand_.workload.find(place.layer)).modality);
    days_.push_back(std::make_unique<Day>(Day{hand_.workload.with_modalities(on), nullptr, {}}));
    Day& here = *days_.back();
    here.problem = std::make_unique<Problem>(here.workload, hand_.system);
    here.mapping = Mapping::none(*here.problem);
    for (const Place& place : places) {
      const LayerIndex layer = *here.workload.find(place.layer);
      here.mapping.append(layer, place.fpga);
      here.mapping.pinned[layer] = place.pinned ? 1 : 0;
    }
    return here;
  }

  WeightStore::Change adopt(WeightStore& store, const std::vector<Place>& places, std::size_t frames = 1) {
    const Day& today = day(places);
    const WeightStore::Change change = store.adopt(*today.problem, today.mapping);
    store.run(frames);
    return change;
  }

  static std::vector<std::string> names_on(const WeightStore& store, AcceleratorIndex fpga) {
    std::vector<std::string> names;
    for (const WeightStore::Weights& weights : store.on(fpga)) names.push_back(weights.layer);
    return names;
  }

  ByHand hand_{kWorkload, kCatalogue, {{"fpga0", "X"}, {"fpga1", "X"}}};
  std::vector<std::unique_ptr<Day>> days_;
};

TEST_F(Store, LoadsWhatIsNotThereAndKeepsWhatFits) {
  WeightStore store(2, Eviction::lru);
  const WeightStore::Change first = adopt(store, {{"a100"}, {"b200"}}, 5);
  EXPECT_EQ(first.loaded_bytes, 300);
  EXPECT_THAT(first.loads, ElementsAre(1, 1));
  EXPECT_EQ(first.loaded_s, 3);
  EXPECT_EQ(first.loaded_J, 6);
  EXPECT_EQ(first.reused_bytes + first.idle_bytes + first.evicted_bytes, 0);

  // Beside e150 there is room for 250: both were used last at the same time, the one that came first stays.
  const WeightStore::Change second = adopt(store, {{"e150"}});
  EXPECT_EQ(second.loaded_bytes, 150);
  EXPECT_EQ(second.idle_bytes, 100);
  EXPECT_EQ(second.evicted_bytes, 200);
  EXPECT_THAT(names_on(store, 0), ElementsAre("a100", "e150"));
  EXPECT_EQ(store.bytes_on(0), 250);

  // a100 is there still, b200 is not; e150 no longer fits beside them.
  const WeightStore::Change third = adopt(store, {{"a100"}, {"b200"}});
  EXPECT_EQ(third.reused_bytes, 100);
  EXPECT_EQ(third.loaded_bytes, 200);
  EXPECT_THAT(third.loads, ElementsAre(0, 1));
  EXPECT_EQ(third.idle_bytes, 0);
  EXPECT_EQ(third.evicted_bytes, 150);
}

TEST_F(Store, WeightsOnAnotherFpgaAreAnotherCopy) {
  WeightStore store(2, Eviction::lru);
  adopt(store, {{"a100", 0}});
  const WeightStore::Change moved = adopt(store, {{"a100", 1}});
  EXPECT_EQ(moved.loaded_bytes, 100);
  EXPECT_EQ(moved.idle_bytes, 100);
  EXPECT_THAT(store.places(*days_.back()->problem), ElementsAre(1)) << "where it ran last";
  const WeightStore::Change back = adopt(store, {{"a100", 0}});
  EXPECT_EQ(back.loaded_bytes, 0);
  EXPECT_EQ(back.reused_bytes, 100);
  EXPECT_THAT(store.places(*days_.back()->problem), ElementsAre(0));
}

TEST_F(Store, WhatIsNotPinnedIsStreamedAndLiesNowhere) {
  WeightStore store(2, Eviction::lru);
  const WeightStore::Change change = adopt(store, {{"a100", 0, false}, {"b200", 1}});
  EXPECT_THAT(change.loads, ElementsAre(0, 1));
  EXPECT_THAT(store.places(*days_.back()->problem), ElementsAre(Problem::kHost, 1));
}

TEST_F(Store, IdleWeightsMakeRoomForFusedTensors) {
  // c300 leaves 100 of the 400 bytes for weights; its output of 10 bytes does not count there.
  WeightStore store(2, Eviction::lru);
  adopt(store, {{"a100"}});
  Day& last = day({{"c300"}, {"f"}});
  for (TensorIndex tensor = 0; tensor < last.problem->tensors(); ++tensor)
    last.mapping.fused[tensor] = last.problem->tensor(tensor).is_network_input() ? 0 : 1;
  last.mapping.pinned[*last.workload.find("f")] = 0;
  EXPECT_EQ(store.adopt(*last.problem, last.mapping).idle_bytes, 100);
  // Of 405 bytes of DRAM the tensor takes 10 of the 105 that c300 leaves.
  hand_.system.accelerators[0].dram_bytes = 405;
  WeightStore tight(2, Eviction::lru);
  adopt(tight, {{"a100"}});
  const WeightStore::Change change = tight.adopt(*last.problem, last.mapping);
  EXPECT_EQ(change.idle_bytes, 0);
  EXPECT_EQ(change.evicted_bytes, 100);
}

/// a100 and b200 have run, one for 9 frames and the other for 2 after it; then e150 leaves room for one.
TEST_P(Store, EvictsWhatThePolicySays) {
  const auto kept = [&](const char* first, const char* second) {
    WeightStore store(2, GetParam());
    adopt(store, {{first}}, 9);
    adopt(store, {{second}}, 2);
    adopt(store, {{"e150"}});
    return names_on(store, 0);
  };
  switch (GetParam()) {
    case Eviction::lru:
      EXPECT_THAT(kept("a100", "b200"), UnorderedElementsAre("b200", "e150"));
      EXPECT_THAT(kept("b200", "a100"), UnorderedElementsAre("a100", "e150"));
      break;
    case Eviction::largest:
      EXPECT_THAT(kept("a100", "b200"), UnorderedElementsAre("a100", "e150"));
      EXPECT_THAT(kept("b200", "a100"), UnorderedElementsAre("a100", "e150"));
      break;
    case Eviction::least_valuable:
      // A byte has saved 0.01 s in each of 8 frames, or in 1: the first of each brings them.
      EXPECT_THAT(kept("a100", "b200"), UnorderedElementsAre("a100", "e150"));
      EXPECT_THAT(kept("b200", "a100"), UnorderedElementsAre("b200", "e150"));
      break;
  }
}

TEST_P(Store, WhatFitsIsKeptThoughSomethingWorthMoreDoesNot) {
  WeightStore store(2, GetParam());
  adopt(store, {{"d50"}, {"b200"}}, 3);
  adopt(store, {{"c300"}});  // 100 bytes are left
  EXPECT_THAT(names_on(store, 0), UnorderedElementsAre("d50", "c300"));
}

INSTANTIATE_TEST_SUITE_P(Policies, Store,
                         testing::Values(Eviction::lru, Eviction::largest, Eviction::least_valuable),
                         [](const auto& one) {
                           std::string name(to_string(one.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(Eviction, HasTheNamesOfTheCommandLine) {
  EXPECT_EQ(to_string(Eviction::lru), "lru");
  EXPECT_EQ(to_string(Eviction::largest), "largest");
  EXPECT_EQ(to_string(Eviction::least_valuable), "least-valuable");
}

}  // namespace
}  // namespace h2h
