// SPDX-License-Identifier: Apache-2.0
//
// The checker of mappings and schedules: each rule broken by hand, with its words, and on random schedules
// that were valid before one thing was changed.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::chance;
using test::draw;
using testing::ElementsAre;
using testing::IsEmpty;
using Rule = Violation::Rule;

std::vector<std::string> texts(const std::vector<Violation>& violations) {
  std::vector<std::string> all;
  for (const Violation& violation : violations)
    all.push_back(fmt::format("{}: {}", to_string(violation.rule), violation.message));
  return all;
}

bool reports(const std::vector<Violation>& violations, Rule rule) {
  return std::any_of(violations.begin(), violations.end(),
                     [&](const Violation& violation) { return violation.rule == rule; });
}

void shift(Schedule& schedule, LayerIndex layer, double seconds) {
  for (Activity& activity : schedule.of(layer)) {
    activity.start_s += seconds;
    activity.end_s += seconds;
  }
}

// A chain a -> b -> c. A number is a byte, a layer has 100 weights, 10 numbers in and 10 out, and takes a
// second; at 100 B/s that is 1 + 0.1 + 1 + 0.1 seconds. 250 bytes of DRAM, 125 of them for weights.
class CheckerByHand : public testing::Test {
 protected:
  CheckerByHand() {
    for (LayerIndex layer = 0; layer < 3; ++layer) mapping_.append(layer, 0);
  }

  const Problem& problem() const { return hand_.problem; }
  std::vector<std::string> mapping_errors() const { return texts(check_mapping(problem(), mapping_)); }
  std::vector<std::string> schedule_errors(const Schedule& schedule,
                                           Contention contention = Contention::none) const {
    return texts(check_schedule(problem(), mapping_, schedule, schedule.latency_s(), contention));
  }
  Schedule schedule() const { return analytic_schedule(problem(), mapping_); }

  const ByHand hand_{
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
      "  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [b]}\n",
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8, dram: "
      "{capacity: 250B},\n"
      "      power: {active_W: 1}}\n"
      "  P: {types: [pool], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8, dram: "
      "{capacity: 250B},\n"
      "      power: {active_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}, {"fpga2", "P"}}};
  Mapping mapping_ = Mapping::none(hand_.problem);
};

TEST_F(CheckerByHand, NothingIsWrongWithAValidMapping) {
  EXPECT_THAT(mapping_errors(), IsEmpty());
  EXPECT_NEAR(schedule().latency_s(), 6.6, 1e-12);
  EXPECT_THAT(schedule_errors(schedule()), IsEmpty());
  mapping_.pinned[0] = 1;
  mapping_.fused[1] = mapping_.fused[2] = 1;
  EXPECT_THAT(mapping_errors(), IsEmpty());
  EXPECT_THAT(schedule_errors(schedule()), IsEmpty());
}

TEST_F(CheckerByHand, Complete) {
  EXPECT_THAT(texts(check_mapping(problem(), Mapping{})),
              ElementsAre("complete: the mapping belongs to another workload or platform"));
  EXPECT_THAT(texts(check_mapping(problem(), Mapping::none(problem()))),
              ElementsAre("complete: layer 'a' is mapped 0 times", "complete: layer 'b' is mapped 0 times",
                          "complete: layer 'c' is mapped 0 times"));
  mapping_.order[1].push_back(0);
  EXPECT_THAT(mapping_errors(),
              ElementsAre("complete: layer 'a' is in the order of 'fpga1' but mapped elsewhere",
                          "complete: layer 'a' is mapped 2 times"));
  mapping_.order[1] = {7};
  EXPECT_THAT(mapping_errors(), testing::Contains("complete: the mapping names a layer that does not exist"));
  mapping_.order[1].clear();
  mapping_.order[0] = {0, 1, 2, 2};
  EXPECT_THAT(mapping_errors(), ElementsAre("complete: layer 'c' is mapped 2 times"));
}

TEST_F(CheckerByHand, Supported) {
  mapping_.order = {{0, 2}, {}, {1}};
  mapping_.accelerator[1] = 2;
  EXPECT_THAT(mapping_errors(),
              ElementsAre("supported: layer 'b' (fc) is mapped to 'fpga2' (P), which does not run it"));
}

TEST_F(CheckerByHand, Order) {
  mapping_.order[0] = {0, 2, 1};
  EXPECT_THAT(
      mapping_errors(),
      ElementsAre("dependency: the orders of the accelerators contradict the dependencies of the workload"));
  mapping_.fused[2] = 1;
  EXPECT_THAT(
      mapping_errors(),
      ElementsAre("dependency: 'c' runs before 'b', whose output it reads",
                  "dependency: the orders of the accelerators contradict the dependencies of the workload"));
}

TEST_F(CheckerByHand, Fusion) {
  mapping_.fused[0] = 1;
  EXPECT_THAT(mapping_errors(),
              ElementsAre("fusion: the network's input of 'a' is fused, but nothing makes it"));
  mapping_.fused[0] = 0;
  mapping_.fused[1] = 1;
  mapping_.order = {{0, 2}, {1}, {}};
  mapping_.accelerator[1] = 1;
  EXPECT_THAT(mapping_errors(), ElementsAre("fusion: 'a' and 'b' are fused, but run on 'fpga0' and 'fpga1'"));
}

TEST_F(CheckerByHand, Memory) {
  mapping_.pinned[0] = mapping_.pinned[1] = 1;
  EXPECT_THAT(mapping_errors(),
              ElementsAre("weights: 'fpga0' pins 200 bytes of weights; its share of the DRAM is 125"));
  mapping_.pinned[2] = 1;
  EXPECT_THAT(mapping_errors(),
              ElementsAre("weights: 'fpga0' pins 300 bytes of weights; its share of the DRAM is 125",
                          "dram: 'fpga0' needs 300 bytes of DRAM for weights and tensors; it has 250"));
  // While b runs the outputs of a and b are there.
  System small = hand_.system;
  small.accelerators[0].dram_bytes = 119;
  const Problem tight(hand_.workload, small);
  mapping_.pinned = {1, 0, 0};
  mapping_.fused = {0, 1, 1};
  EXPECT_THAT(texts(check_mapping(tight, mapping_)),
              ElementsAre("dram: 'fpga0' needs 120 bytes of DRAM for weights and tensors; it has 119"));
  const Schedule times = schedule();
  EXPECT_THAT(texts(check_schedule(tight, mapping_, times, times.latency_s(), Contention::none)),
              ElementsAre("dram: 'fpga0' holds 120 bytes in its DRAM of 119"));
  small.accelerators[0].dram_bytes = 120;
  const Problem enough(hand_.workload, small);
  EXPECT_THAT(texts(check_mapping(enough, mapping_)), IsEmpty());
  EXPECT_THAT(texts(check_schedule(enough, mapping_, times, times.latency_s(), Contention::none)), IsEmpty());
}

TEST_F(CheckerByHand, Latency) {
  const Schedule times = schedule();
  EXPECT_THAT(texts(check_schedule(problem(), mapping_, times, 6.5, Contention::none)),
              ElementsAre(fmt::format("latency: the latency is 6.5 s, but the last activity ends at {} s",
                                      times.latency_s())));
}

TEST_F(CheckerByHand, StartsTooEarlyOrTooLate) {
  Schedule early = schedule();
  shift(early, 2, -1);  // starts at 3.4 instead of 4.4
  EXPECT_THAT(
      schedule_errors(early),
      ElementsAre(
          testing::MatchesRegex(
              "dependency: layer 'c' starts at 3\\.4[0-9]* s, but its inputs exist at 4\\.4[0-9]* s"),
          testing::MatchesRegex(
              "exclusive: layer 'c' starts at 3\\.4[0-9]* s, but 'fpga0' is busy until 4\\.4[0-9]* s")));
  Schedule late = schedule();
  shift(late, 2, 1);
  EXPECT_THAT(schedule_errors(late),
              ElementsAre(testing::MatchesRegex(
                  "exclusive: layer 'c' starts at 5\\.4[0-9]* s, though it could at 4\\.4[0-9]* s")));
}

TEST_F(CheckerByHand, Activities) {
  const std::string missing = "activities: layer 'b' does not make exactly the transfers that are due";
  Mapping other = mapping_;
  other.pinned[1] = 1;
  EXPECT_THAT(
      texts(check_schedule(problem(), mapping_, analytic_schedule(problem(), other), 5.6, Contention::none)),
      ElementsAre(missing))
      << "the weights of b do not cross";
  std::swap(other, mapping_);
  EXPECT_THAT(
      texts(check_schedule(problem(), mapping_, analytic_schedule(problem(), other), 6.6, Contention::none)),
      ElementsAre(missing))
      << "the weights of b cross, though they are pinned";
  std::swap(other, mapping_);
  Schedule wrong = schedule();
  wrong.of(1)[0].bytes = 99;
  EXPECT_THAT(schedule_errors(wrong), ElementsAre(missing));
  wrong = schedule();
  wrong.of(1)[1].tensor = 0;
  EXPECT_THAT(schedule_errors(wrong), ElementsAre(missing));
  wrong = schedule();
  std::swap(wrong.of(1)[0].stage, wrong.of(1)[1].stage);
  EXPECT_THAT(schedule_errors(wrong), ElementsAre(missing));
}

TEST_F(CheckerByHand, GapsAndDurations) {
  Schedule gap = schedule();
  for (std::size_t i = 2; i < 4; ++i) {
    gap.of(2)[i].start_s += 1;
    gap.of(2)[i].end_s += 1;
  }
  EXPECT_THAT(schedule_errors(gap),
              ElementsAre("activities: layer 'c': compute do not follow inputs at once"));
  Schedule quick = schedule();
  quick.of(2)[2].end_s -= 0.5;
  quick.of(2)[3].start_s -= 0.5;
  quick.of(2)[3].end_s -= 0.5;
  EXPECT_THAT(schedule_errors(quick),
              ElementsAre(testing::MatchesRegex(
                  "duration: layer 'c' computes for 0\\.5[0-9]* s; its model says 1 s")));
  Schedule slow = schedule();
  slow.of(2)[3].end_s += 0.5;
  EXPECT_THAT(schedule_errors(slow),
              ElementsAre(testing::MatchesRegex("duration: layer 'c': a transfer of 10 bytes \\(outputs\\) "
                                                "takes 0\\.[56][0-9]* s; alone it takes 0\\.1 s")));
  EXPECT_THAT(schedule_errors(slow, Contention::possible), IsEmpty()) << "others may have slowed it down";
  slow.of(2)[3].end_s = slow.of(2)[3].start_s + 0.05;
  EXPECT_THAT(schedule_errors(slow, Contention::possible),
              ElementsAre(testing::MatchesRegex("duration: layer 'c': a transfer of 10 bytes \\(outputs\\) "
                                                "takes 0\\.0[0-9]* s; alone it takes 0\\.1 s")));
}

TEST(Checker, RulesHaveNames) {
  EXPECT_EQ(to_string(Rule::complete), "complete");
  EXPECT_EQ(to_string(Rule::supported), "supported");
  EXPECT_EQ(to_string(Rule::dependency), "dependency");
  EXPECT_EQ(to_string(Rule::exclusive), "exclusive");
  EXPECT_EQ(to_string(Rule::fusion), "fusion");
  EXPECT_EQ(to_string(Rule::weights), "weights");
  EXPECT_EQ(to_string(Rule::dram), "dram");
  EXPECT_EQ(to_string(Rule::activities), "activities");
  EXPECT_EQ(to_string(Rule::duration), "duration");
  EXPECT_EQ(to_string(Rule::latency), "latency");
}

/// A valid random problem, mapping and schedule.
struct Valid {
  Workload workload;
  System system;
  Problem problem;
  Mapping mapping;
  Schedule schedule;

  explicit Valid(test::Random& random)
      : workload(test::random_workload(random)),
        system(test::random_system(random,
                                   test::random_description(random, static_cast<int>(draw(random, 1, 5))),
                                   chance(random, 0.5))),
        problem(workload, system),
        mapping(test::random_mapping(random, problem)),
        schedule(analytic_schedule(problem, mapping)) {}
  Valid(const Valid&) = delete;
  Valid& operator=(const Valid&) = delete;

  LayerIndex any_layer(test::Random& random) const {
    return static_cast<LayerIndex>(draw(random, 0, problem.layers() - 1));
  }
};

/// Makes 400 valid cases, has one thing changed in each, and expects that the rule is reported wherever @p
/// change says that it has changed something.
template <typename Change>
void expect_found(std::uint64_t seed, Rule rule, int least_changed, const Change& change) {
  test::Random random(seed);
  int changed = 0;
  for (int i = 0; i < 400; ++i) {
    Valid valid(random);
    ASSERT_THAT(check_mapping(valid.problem, valid.mapping), IsEmpty());
    ASSERT_THAT(check_schedule(valid.problem, valid.mapping, valid.schedule, valid.schedule.latency_s(),
                               Contention::none),
                IsEmpty());
    const auto violations = change(random, valid);
    if (!violations) continue;
    ++changed;
    ASSERT_TRUE(reports(*violations, rule))
        << "case " << i << ": " << fmt::format("{}", fmt::join(texts(*violations), "\n"));
  }
  EXPECT_GE(changed, least_changed);
}

using Found = std::optional<std::vector<Violation>>;

Found check_both(const Valid& valid, const Mapping& mapping) {
  return check_mapping(valid.problem, mapping);
}

Found check_times(const Valid& valid, const Schedule& schedule, Contention contention = Contention::none) {
  return check_schedule(valid.problem, valid.mapping, schedule, schedule.latency_s(), contention);
}

TEST(CheckerOnRandomMappings, ALayerTwice) {
  expect_found(41, Rule::complete, 400, [](test::Random& random, const Valid& valid) -> Found {
    Mapping mapping = valid.mapping;
    const LayerIndex layer = valid.any_layer(random);
    auto& order = mapping.order[static_cast<std::size_t>(
        draw(random, 0, static_cast<std::int64_t>(mapping.order.size()) - 1))];
    order.insert(order.begin() + draw(random, 0, static_cast<std::int64_t>(order.size())), layer);
    return check_both(valid, mapping);
  });
}

TEST(CheckerOnRandomMappings, ALayerLost) {
  expect_found(42, Rule::complete, 400, [](test::Random& random, const Valid& valid) -> Found {
    Mapping mapping = valid.mapping;
    auto& order = mapping.order[mapping.accelerator[valid.any_layer(random)]];
    order.erase(order.begin() + draw(random, 0, static_cast<std::int64_t>(order.size()) - 1));
    return check_both(valid, mapping);
  });
}

TEST(CheckerOnRandomMappings, AnUnsupportedType) {
  expect_found(43, Rule::supported, 100, [](test::Random& random, const Valid& valid) -> Found {
    Mapping mapping = valid.mapping;
    const LayerIndex layer = valid.any_layer(random);
    for (AcceleratorIndex to = 0; to < valid.problem.accelerators(); ++to) {
      if (valid.problem.runs(layer, to)) continue;
      auto& from = mapping.order[mapping.accelerator[layer]];
      from.erase(std::find(from.begin(), from.end(), layer));
      mapping.append(layer, to);
      return check_both(valid, mapping);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomMappings, AConsumerBeforeItsProducer) {
  expect_found(44, Rule::dependency, 100, [](test::Random& random, const Valid& valid) -> Found {
    Mapping mapping = valid.mapping;
    const auto start = static_cast<TensorIndex>(draw(random, 0, valid.problem.tensors() - 1));
    for (TensorIndex i = 0; i < valid.problem.tensors(); ++i) {
      const Tensor& edge = valid.problem.tensor((start + i) % valid.problem.tensors());
      if (edge.is_network_input() || mapping.accelerator[edge.producer] != mapping.accelerator[edge.consumer])
        continue;
      auto& order = mapping.order[mapping.accelerator[edge.producer]];
      std::iter_swap(std::find(order.begin(), order.end(), edge.producer),
                     std::find(order.begin(), order.end(), edge.consumer));
      return check_both(valid, mapping);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomMappings, FusedAcrossAccelerators) {
  expect_found(45, Rule::fusion, 200, [](test::Random&, const Valid& valid) -> Found {
    Mapping mapping = valid.mapping;
    for (TensorIndex tensor = 0; tensor < valid.problem.tensors(); ++tensor) {
      const Tensor& edge = valid.problem.tensor(tensor);
      if (!edge.is_network_input() &&
          mapping.accelerator[edge.producer] == mapping.accelerator[edge.consumer])
        continue;
      mapping.fused[tensor] = 1;
      return check_both(valid, mapping);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomMappings, PinnedBeyondTheBudget) {
  expect_found(46, Rule::weights, 100, [](test::Random&, const Valid& valid) -> Found {
    Mapping mapping = valid.mapping;
    std::fill(mapping.pinned.begin(), mapping.pinned.end(), 1);
    for (AcceleratorIndex a = 0; a < valid.problem.accelerators(); ++a) {
      std::int64_t bytes = 0;
      for (const LayerIndex layer : mapping.order[a]) bytes += valid.problem.cost(layer, a).weight_bytes;
      if (bytes > valid.system.accelerators[a].weight_budget_bytes) return check_both(valid, mapping);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomMappings, DramExceededByOneByte) {
  expect_found(47, Rule::dram, 150, [](test::Random&, const Valid& valid) -> Found {
    // Less DRAM than the mapping needs: by its order, and by the clock.
    const AcceleratorIndex a = valid.mapping.accelerator[0];
    const std::vector<Activity> activities(valid.schedule.activities().begin(),
                                           valid.schedule.activities().end());
    std::int64_t needs = 0;
    std::int64_t pinned = 0;
    for (const LayerIndex layer : valid.mapping.order[a])
      pinned += valid.mapping.pinned[layer] != 0 ? valid.problem.cost(layer, a).weight_bytes : 0;
    for (const LayerIndex at : valid.mapping.order[a]) {
      // While a layer runs: outputs that started by then and have a fused consumer that has not ended before.
      std::int64_t bytes = pinned;
      for (const LayerIndex layer : valid.mapping.order[a]) {
        if (valid.schedule.start_s(layer) > valid.schedule.start_s(at)) continue;
        const auto outputs = valid.problem.outputs(layer);
        const bool kept = std::any_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
          return valid.mapping.fused[tensor] != 0 &&
                 valid.schedule.end_s(valid.problem.tensor(tensor).consumer) > valid.schedule.start_s(at);
        });
        if (kept) bytes += valid.problem.cost(layer, a).output_bytes;
      }
      needs = std::max(needs, bytes);
    }
    if (needs == 0) return std::nullopt;
    System system = valid.system;
    system.accelerators[a].dram_bytes = needs - 1;
    system.accelerators[a].weight_budget_bytes = needs;
    const Problem problem(valid.workload, system);
    auto by_order = check_mapping(problem, valid.mapping);
    auto by_clock =
        check_schedule(problem, valid.mapping, valid.schedule, valid.schedule.latency_s(), Contention::none);
    EXPECT_TRUE(reports(by_clock, Rule::dram));
    return by_order;
  });
}

TEST(CheckerOnRandomSchedules, Overlap) {
  expect_found(51, Rule::exclusive, 200, [](test::Random&, const Valid& valid) -> Found {
    Schedule schedule = valid.schedule;
    for (const auto& order : valid.mapping.order) {
      if (order.size() < 2) continue;
      const double by_s = 1e-3 * schedule.latency_s() + schedule.start_s(order[1]) - schedule.end_s(order[0]);
      shift(schedule, order[1], -by_s);
      return check_times(valid, schedule);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomSchedules, UsedBeforeItExists) {
  expect_found(52, Rule::dependency, 200, [](test::Random&, const Valid& valid) -> Found {
    Schedule schedule = valid.schedule;
    for (TensorIndex tensor = 0; tensor < valid.problem.tensors(); ++tensor) {
      const Tensor& edge = valid.problem.tensor(tensor);
      if (edge.is_network_input()) continue;
      const double by_s =
          1e-3 * schedule.latency_s() + schedule.start_s(edge.consumer) - schedule.end_s(edge.producer);
      shift(schedule, edge.consumer, -by_s);
      return check_times(valid, schedule);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomSchedules, LateStart) {
  expect_found(53, Rule::exclusive, 400, [](test::Random& random, const Valid& valid) -> Found {
    Schedule schedule = valid.schedule;
    shift(schedule, valid.any_layer(random), 1e-3 * schedule.latency_s());
    return check_times(valid, schedule, Contention::possible);
  });
}

TEST(CheckerOnRandomSchedules, MissingTransfer) {
  expect_found(54, Rule::activities, 200, [](test::Random&, const Valid& valid) -> Found {
    for (LayerIndex layer = 0; layer < valid.problem.layers(); ++layer) {
      Mapping mapping = valid.mapping;
      if (mapping.pinned[layer] != 0 ||
          valid.problem.cost(layer, mapping.accelerator[layer]).weight_bytes == 0)
        continue;
      mapping.pinned[layer] = 1;
      return check_times(valid, analytic_schedule(valid.problem, mapping));
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomSchedules, ExtraTransfer) {
  expect_found(55, Rule::activities, 150, [](test::Random&, const Valid& valid) -> Found {
    const auto fused = std::find(valid.mapping.fused.begin(), valid.mapping.fused.end(), 1);
    if (fused == valid.mapping.fused.end()) return std::nullopt;
    Mapping mapping = valid.mapping;
    mapping.fused[static_cast<std::size_t>(fused - valid.mapping.fused.begin())] = 0;
    return check_times(valid, analytic_schedule(valid.problem, mapping));
  });
}

TEST(CheckerOnRandomSchedules, WrongBytes) {
  expect_found(56, Rule::activities, 300, [](test::Random& random, const Valid& valid) -> Found {
    Schedule schedule = valid.schedule;
    auto activities = schedule.activities();
    Activity& activity = activities[static_cast<std::size_t>(
        draw(random, 0, static_cast<std::int64_t>(activities.size()) - 1))];
    activity.bytes += chance(random, 0.5) ? 1 : -1;
    return check_times(valid, schedule);
  });
}

TEST(CheckerOnRandomSchedules, WrongDuration) {
  expect_found(57, Rule::duration, 400, [](test::Random& random, const Valid& valid) -> Found {
    Schedule schedule = valid.schedule;
    const LayerIndex layer = valid.any_layer(random);
    const auto activities = schedule.of(layer);
    const auto at =
        static_cast<std::size_t>(draw(random, 0, static_cast<std::int64_t>(activities.size()) - 1));
    // Longer, with whatever follows in the layer moved on.
    const double by_s = 1e-3 * schedule.latency_s();
    activities[at].end_s += by_s;
    for (std::size_t i = at + 1; i < activities.size(); ++i) {
      activities[i].start_s += by_s;
      activities[i].end_s += by_s;
    }
    return check_times(valid, schedule);
  });
}

TEST(CheckerOnRandomSchedules, ATransferThatIsTooShortEvenUnderContention) {
  expect_found(58, Rule::duration, 150, [](test::Random&, const Valid& valid) -> Found {
    Schedule schedule = valid.schedule;
    for (Activity& activity : schedule.activities()) {
      if (activity.stage == Stage::compute || activity.seconds() < 1e-6 * schedule.latency_s()) continue;
      activity.end_s -= 0.1 * activity.seconds();
      return check_times(valid, schedule, Contention::possible);
    }
    return std::nullopt;
  });
}

TEST(CheckerOnRandomSchedules, WrongLatency) {
  expect_found(59, Rule::latency, 400, [](test::Random& random, const Valid& valid) -> Found {
    const double latency_s = valid.schedule.latency_s() * (chance(random, 0.5) ? 1.001 : 0.999);
    return check_schedule(valid.problem, valid.mapping, valid.schedule, latency_s, Contention::none);
  });
}

TEST(CheckerOnRandomSchedules, DurationsOfAnotherModelAreNotChecked) {
  test::Random random(60);
  const Workload workload = test::random_workload(random);
  const System system = test::random_system(random, test::random_description(random, 3));
  const Problem problem(workload, system);
  const Mapping mapping = test::random_mapping(random, problem);
  Schedule schedule = analytic_schedule(problem, mapping);
  for (Activity& activity : schedule.activities()) {
    activity.start_s /= 2;
    activity.end_s /= 2;
  }
  const auto found = [&](Contention contention) {
    return check_schedule(problem, mapping, schedule, schedule.latency_s(), contention).size();
  };
  EXPECT_GT(found(Contention::possible), 0U);
  EXPECT_EQ(found(Contention::other), 0U);
}

}  // namespace
}  // namespace h2h
