// SPDX-License-Identifier: Apache-2.0
//
// How chains of steps are written, what registries hold, and the rules that all steps share.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/registry.hpp>

#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string chain_error(std::string_view text) {
  return error_of([&] { parse_chain(text); });
}

std::string unreadable(std::string_view text, int character) {
  return "usage: mapper '" + std::string(text) + "' cannot be read from its character " +
         std::to_string(character) +
         " on; write step[option=value,...]+step+..., such as h2h or computation-prioritized+weight-locality";
}

TEST(Chain, StepsAndTheirOptions) {
  const auto words = parse_chain("a[x=1,y=2]+b");
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].name, "a");
  EXPECT_THAT(words[0].options, ElementsAre(Pair("x", "1"), Pair("y", "2")));
  EXPECT_EQ(words[1].name, "b");
  EXPECT_THAT(words[1].options, IsEmpty());
  EXPECT_EQ(parse_chain("h2h").size(), 1U);
  EXPECT_THAT(parse_chain("a[]")[0].options, IsEmpty());
  EXPECT_EQ(parse_chain("weight-locality_2.0")[0].name, "weight-locality_2.0");
  // A value may hold whatever does not end it.
  EXPECT_THAT(parse_chain("a[x=1+2=3 / 4]+b")[0].options, ElementsAre(Pair("x", "1+2=3 / 4")));
}

TEST(Chain, ErrorsNameTheCharacter) {
  EXPECT_EQ(chain_error(""), unreadable("", 1));
  EXPECT_EQ(chain_error("+a"), unreadable("+a", 1));
  EXPECT_EQ(chain_error("a+"), unreadable("a+", 2));
  EXPECT_EQ(chain_error("a++b"), unreadable("a++b", 2));
  EXPECT_EQ(chain_error("a b"), unreadable("a b", 2));
  EXPECT_EQ(chain_error("a[x=1"), unreadable("a[x=1", 2));
  EXPECT_EQ(chain_error("a[x]"), unreadable("a[x]", 2));
  EXPECT_EQ(chain_error("a[x=]"), unreadable("a[x=]", 2));
  EXPECT_EQ(chain_error("a[=1]"), unreadable("a[=1]", 2));
  EXPECT_EQ(chain_error("a[x=1,]"), unreadable("a[x=1,]", 2));
  EXPECT_EQ(chain_error("a[x=1]]"), unreadable("a[x=1]]", 7));
  EXPECT_EQ(chain_error("a[x=1]b"), unreadable("a[x=1]b", 7));
  EXPECT_EQ(chain_error("first+sec/ond"), unreadable("first+sec/ond", 10));
}

std::vector<std::string> step_names(std::string_view text, const Registry& registry) {
  std::vector<std::string> names;
  for (const Mapper::Step& step : make_mapper(text, registry).steps) names.push_back(step.name);
  return names;
}

TEST(MakeMapper, NamesOfMappersStandForTheirChains) {
  const Registry registry = builtin_registry();
  const std::vector<std::string> four = {"computation-prioritized", "weight-locality", "activation-transfer",
                                         "data-locality-remapping"};
  EXPECT_EQ(step_names("h2h", registry), four);
  EXPECT_EQ(step_names("h2h[scope=resident]", registry), four);
  EXPECT_EQ(step_names("h2h-release", registry), four);
  EXPECT_THAT(step_names("computation-prioritized[nodes=5]+weight-locality", registry),
              ElementsAre("computation-prioritized", "weight-locality"));
  EXPECT_EQ(step_names("h2h+weight-locality", registry).size(), 5U);
  EXPECT_EQ(make_mapper("h2h[scope=resident]", registry).name, "h2h[scope=resident]")
      << "as the user wrote it";
}

TEST(MakeMapper, UnknownNamesAndOptionsProposeTheNearest) {
  const Registry registry = builtin_registry();
  const auto error = [&](std::string_view text) { return error_of([&] { make_mapper(text, registry); }); };
  EXPECT_EQ(error("h2"), "usage: unknown mapper or step 'h2'; did you mean 'h2h'?");
  EXPECT_EQ(
      error("computation-prioritised+weight-locality"),
      "usage: unknown mapper or step 'computation-prioritised'; did you mean 'computation-prioritized'?");
  EXPECT_EQ(error("h2h+weight-localty"),
            "usage: unknown mapper or step 'weight-localty'; did you mean 'weight-locality'?");
  EXPECT_EQ(error("h2h[scop=resident]"), "usage: mapper 'h2h': unknown key 'scop'; did you mean 'scope'?");
  EXPECT_EQ(error("h2h[scope=residnt]"),
            "usage: mapper 'h2h': 'scope' cannot be 'residnt'; did you mean 'resident'?");
  EXPECT_EQ(error("h2h[scope=adjacent,scope=resident]"),
            "usage: mapper 'h2h': key 'scope' stands twice; keep one");
  EXPECT_EQ(error("computation-prioritized[nodes=0]"),
            "usage: mapper 'computation-prioritized': 'nodes' is 0; it must be greater than zero");
  EXPECT_EQ(error("computation-prioritized[nodes=many]"),
            "usage: mapper 'computation-prioritized': 'nodes' must be a number, not 'many'");
  EXPECT_EQ(error("h2h["), unreadable("h2h[", 4));
}

/// A step that returns what it is given.
class Idle : public MappingStep {
 public:
  StepResult run(const Problem& /*problem*/, const Mapping& mapping,
                 StepContext& /*context*/) const override {
    return {mapping};
  }
};

StepFamily idle_step(std::string name) {
  return {
      std::move(name), "does nothing", "", {}, [](const Section&) { return std::make_shared<const Idle>(); }};
}

MapperFamily alias(std::string name, std::string chain) {
  return {std::move(name), "an alias", "", {}, [chain](const Section&) { return chain; }};
}

TEST(MakeMapper, MappersMayStandForMappers) {
  Registry registry;
  registry.add_step(idle_step("idle"));
  registry.add_mapper(alias("twice", "idle+idle"));
  registry.add_mapper(alias("four-times", "twice+twice"));
  EXPECT_EQ(step_names("four-times+idle", registry).size(), 5U);
  EXPECT_EQ(error_of([&] { make_mapper("idle[x=1]", registry); }),
            "usage: mapper 'idle': unknown key 'x'; it takes no options");
  EXPECT_EQ(error_of([&] { make_mapper("twice[x=1]", registry); }),
            "usage: mapper 'twice': unknown key 'x'; it takes no options");
  EXPECT_EQ(error_of([&] { make_mapper("banana", registry); }),
            "usage: unknown mapper or step 'banana'; known: four-times, twice and idle");
}

TEST(MakeMapper, AMapperMayNotStandForItself) {
  Registry registry;
  registry.add_mapper(alias("loop", "loop"));
  registry.add_mapper(alias("ping", "pong"));
  registry.add_mapper(alias("pong", "ping"));
  EXPECT_EQ(error_of([&] { make_mapper("loop", registry); }), "usage: mapper 'loop' stands for itself");
  EXPECT_EQ(error_of([&] { make_mapper("ping", registry); }), "usage: mapper 'ping' stands for itself");
}

TEST(Registry, NamesAreUnique) {
  Registry registry;
  const ModelFamily model{"m", "", [](const Section&, const Device&) { return nullptr; }};
  registry.add_model(model);
  EXPECT_EQ(error_of([&] { registry.add_model(model); }),
            "usage: a second model family is called 'm'; names must be unique");
  registry.add_step(idle_step("s"));
  EXPECT_EQ(error_of([&] { registry.add_step(idle_step("s")); }),
            "usage: a second mapping step is called 's'; names must be unique");
  registry.add_mapper(alias("h", "s"));
  EXPECT_EQ(error_of([&] { registry.add_mapper(alias("h", "s")); }),
            "usage: a second mapper is called 'h'; names must be unique");
  // Steps and mappers stand in the same chains; models do not.
  EXPECT_EQ(error_of([&] { registry.add_mapper(alias("s", "s")); }),
            "usage: a second mapper is called 's'; names must be unique");
  EXPECT_EQ(error_of([&] { registry.add_step(idle_step("h")); }),
            "usage: a second mapping step is called 'h'; names must be unique");
  EXPECT_EQ(error_of([&] { registry.add_step(idle_step("m")); }), "no error");
  EXPECT_EQ(registry.models().size(), 1U);
  EXPECT_EQ(registry.steps().size(), 2U);
  EXPECT_EQ(registry.mappers().size(), 1U);
}

TEST(Registry, BuiltInsSayWhatTheyAre) {
  const Registry registry = builtin_registry();
  for (const char* name : {"h2h-release", "roofline", "table", "tiled-loop"})
    EXPECT_TRUE(registry.models().contains(name)) << name;
  for (const auto& [name, family] : registry.models()) {
    EXPECT_EQ(name, family.name);
    EXPECT_FALSE(family.summary.empty()) << name;
  }
  for (const auto& [name, family] : registry.steps()) {
    EXPECT_EQ(name, family.name);
    EXPECT_FALSE(family.summary.empty()) << name;
    // Every option that is listed is understood, with the default that is listed.
    for (const OptionDescription& option : family.options) {
      EXPECT_EQ(error_of([&] { make_mapper(name + "[" + option.name + "=" + option.value + "]", registry); }),
                "no error");
    }
  }
  for (const auto& [name, family] : registry.mappers()) {
    EXPECT_EQ(name, family.name);
    EXPECT_FALSE(family.summary.empty()) << name;
    for (const OptionDescription& option : family.options) {
      EXPECT_EQ(error_of([&] { make_mapper(name + "[" + option.name + "=" + option.value + "]", registry); }),
                "no error");
    }
  }
}

const char* const kWorkload =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n";
const char* const kCatalogue =
    "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8,\n"
    "      dram: {capacity: 1kB}, power: {active_W: 1}}\n";

TEST(Steps, ThatImproveAMappingNeedOne) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}});
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  for (const char* name : {"weight-locality", "activation-transfer", "data-locality-remapping"}) {
    const Mapper mapper = make_mapper(name, registry);
    EXPECT_EQ(
        error_of([&] { mapper.steps[0].step->run(hand.problem, Mapping::none(hand.problem), context); }),
        std::string("usage: step '") + name +
            "' improves a mapping, and there is none yet; put a step before it that maps every layer, such "
            "as "
            "computation-prioritized+" +
            name);
  }
}

/// Judges by the number of pinned layers, as no analytic evaluator would.
class PinsAreBad : public Evaluator {
 public:
  std::string_view name() const override { return "contrary"; }
  bool is_analytic() const override { return false; }
  std::vector<double> latencies_s(const Problem& /*problem*/, std::span<const Mapping> mappings) override {
    std::vector<double> all;
    for (const Mapping& mapping : mappings)
      all.push_back(1 + static_cast<double>(std::count(mapping.pinned.begin(), mapping.pinned.end(), 1)));
    return all;
  }
};

TEST(Steps, AResultThatAReplayFindsWorseIsLeftOut) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}});
  Mapping before = Mapping::none(hand.problem);
  before.append(0, 0);
  before.append(1, 0);
  Mapping after = before;
  after.pinned = {1, 1};
  PinsAreBad contrary;
  AnalyticEvaluator analytic;
  StepContext judged{contrary};
  StepContext trusted{analytic};
  const StepResult kept = unless_worse(hand.problem, before, {after, 7}, judged);
  EXPECT_EQ(kept.mapping, before);
  EXPECT_EQ(kept.note, "left out: by contrary it would take 3 s instead of 1 s");
  EXPECT_EQ(kept.evaluations, 7U);
  EXPECT_EQ(unless_worse(hand.problem, before, {after}, trusted).mapping, after)
      << "the analytic evaluator is not asked";
  EXPECT_EQ(unless_worse(hand.problem, after, {before}, judged).mapping, before) << "better";
  EXPECT_EQ(unless_worse(hand.problem, before, {before}, judged).note, "") << "equal";
  EXPECT_EQ(unless_worse(hand.problem, Mapping::none(hand.problem), {after}, judged).mapping, after)
      << "nothing to compare with";
}

TEST(Evaluator, TheAnalyticOneIsTheAnalyticSchedule) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X", 100, 0.5}});
  Mapping mapping = Mapping::none(hand.problem);
  mapping.append(0, 0);
  mapping.append(1, 0);
  AnalyticEvaluator evaluator;
  EXPECT_EQ(evaluator.name(), "analytic");
  EXPECT_TRUE(evaluator.is_analytic());
  EXPECT_EQ(evaluator.width(), 1U);
  // Each layer: weights 1.5 s, input 0.6 s, computation 1 s, output 0.6 s.
  EXPECT_NEAR(evaluator.latency_s(hand.problem, mapping), 7.4, 1e-12);
  mapping.fused[1] = 1;
  EXPECT_NEAR(evaluator.latency_s(hand.problem, mapping), 6.2, 1e-12);
  mapping.pinned[1] = 1;
  EXPECT_NEAR(evaluator.latency_s(hand.problem, mapping), 4.7, 1e-12);
  mapping.order[0] = {1, 0};
  EXPECT_EQ(error_of([&] { evaluator.latency_s(hand.problem, mapping); }),
            "input: the orders of the mapping contradict the dependencies of the workload; some layer would "
            "wait for itself");
}

TEST(Evaluator, DecisionsHaveAMargin) {
  EXPECT_TRUE(improves(0.9, 1));
  EXPECT_FALSE(improves(1, 1));
  EXPECT_FALSE(improves(1 - 1e-10, 1)) << "replays on a running clock differ by that much";
  EXPECT_TRUE(improves(1 - 1e-8, 1));
  EXPECT_FALSE(improves(1.1, 1));
}

}  // namespace
}  // namespace h2h
