// SPDX-License-Identifier: Apache-2.0
//
// The mapper `h2h-release` against what the authors' released code prints.
//
// release_cases.json holds 24 random cases: chains of conv, fc and lstm layers on 4 to 8 accelerators of one
// type each, some with so little DRAM that the knapsack matters. Its orders, pinned layers, latencies and
// energies after steps 1 to 3 were printed by github.com/xyzxinyizhang/H2H, commit 334fc10, unmodified (with
// classes for fc and lstm by the formulas of the same authors' later files, which the release lacks).

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/run/run.hpp>
#include <h2h/schedule/analytic.hpp>

#include "support/temporary.hpp"

namespace h2h {
namespace {

using nlohmann::json;

Catalogue catalogue_of(const json& accelerators, const Registry& registry) {
  std::string yaml = "ifm_extent: output-doubled\naccelerators:\n";
  for (const json& a : accelerators) {
    const std::string type = a["type"] == "CNN" ? "conv" : a["type"] == "FC" ? "fc" : "lstm";
    std::string tile;
    if (type == "conv") {
      tile = fmt::format(", Tm: {}, Tn: {}, Tr: {}, Tc: {}", a["Tm"].get<int>(), a["Tn"].get<int>(),
                         a["Tr"].get<int>(), a["Tc"].get<int>());
    }
    yaml += fmt::format(
        "  {}: {{types: [{}], model: h2h-release, data_bits: 32, parameters: {{throughput_GOPS: {}, "
        "frequency_MHz: {}, "
        "bandwidth_bits_per_cycle: {}{}}}, dram: {{capacity: {}GB, weight_share: {}}}, power: {{active_W: "
        "{}}}}}\n",
        a["name"].get<std::string>(), type, a["Th"].get<double>(), a["Facc"].get<int>(),
        a["Bandwidth"].get<int>(), tile, a["S_mem"].get<double>(), a["R_wei"].get<double>(),
        a["power"].get<double>());
  }
  return parse_catalogue(yaml, "release_cases.json", registry.models());
}

PlatformDescription platform_of(const json& accelerators, double bandwidth_Bps) {
  PlatformDescription platform;
  platform.name = "release";
  for (const json& a : accelerators) {
    const Route route{{}, 0, bandwidth_Bps};
    platform.fpgas.push_back({a["name"], {{"accelerator", a["name"]}}, route, route});
  }
  return platform;
}

Operation operation_of(const json& layer) {
  if (layer["LayerType"] == "CNN") {
    return Conv{layer["M"], layer["N"], layer["R"], layer["C"], layer["K"],
                layer["K"], layer["S"], layer["S"], 1};
  }
  if (layer["LayerType"] == "FC") return FullyConnected{layer["N"], layer["M"]};
  return Lstm{layer["Dimen"], layer["Hidden"], 1, layer["Iter"]};
}

/// Chains: layers M<i>L1, M<i>L2, ... each read the one before.
Workload workload_of(const json& layers) {
  WorkloadDescription description;
  description.name = "release";
  description.unchecked_reason = "random chains";
  std::string before;
  for (const json& layer : layers) {
    LayerDescription one;
    one.layer = {layer["LayerName"], "", operation_of(layer)};
    if (!one.layer.name.ends_with("L1")) one.inputs = {before};
    before = one.layer.name;
    description.layers.push_back(one);
  }
  return Workload(description);
}

struct Case {
  json expected;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << "seed " << one.expected["seed"];
}

class Release : public testing::TestWithParam<Case> {};

TEST_P(Release, StepsOneToThreeEqualTheReleasedCode) {
  const json& expected = GetParam().expected;
  const Registry registry = builtin_registry();
  constexpr double kGiga = 1e9;
  const System system =
      make_system(platform_of(expected["accelerators"], expected["bandwidth_GBps"].get<double>() * kGiga),
                  catalogue_of(expected["accelerators"], registry));
  const Workload workload = workload_of(expected["layers"]);
  const Problem problem(workload, system);
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  const h2h::Run run = run_mapper(problem, make_mapper("h2h-release", registry), Mapping::none(problem),
                                  context, {analytic_schedule});

  ASSERT_EQ(run.steps.size(), 4U);
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    std::vector<std::string> order;
    for (const LayerIndex layer : run.steps[0].judgement.mapping.order[a])
      order.push_back(workload.layer(layer).name);
    EXPECT_EQ(order, expected["order"][system.accelerators[a].name].get<std::vector<std::string>>());
  }
  std::vector<std::string> pinned;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    if (run.steps[1].judgement.mapping.pinned[layer] != 0) pinned.push_back(workload.layer(layer).name);
  }
  std::sort(pinned.begin(), pinned.end());
  EXPECT_EQ(pinned, expected["pinned"].get<std::vector<std::string>>());
  for (std::size_t step = 0; step < 3; ++step) {
    const double latency_s = expected["latency_s"][step];
    const double energy_J = expected["energy_J"][step];
    EXPECT_NEAR(run.steps[step].judgement.latency_s, latency_s, 1e-9 * latency_s) << "step " << step + 1;
    EXPECT_NEAR(run.steps[step].judgement.energy.paper_J(), energy_J, 1e-9 * energy_J) << "step " << step + 1;
  }
  // Step 4 of the release often gives invalid schedules; ours must be valid, which run_mapper checks, and no
  // worse.
  EXPECT_LE(run.steps[3].judgement.latency_s, run.steps[2].judgement.latency_s);
}

std::vector<Case> cases() {
  std::ifstream file(test::source_file("tests/mappers/release_cases.json"));
  std::vector<Case> all;
  for (const json& one : json::parse(file)) all.push_back({one});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cases, Release, testing::ValuesIn(cases()), [](const auto& one) {
  return fmt::format("seed{}", one.param.expected["seed"].template get<int>());
});

}  // namespace
}  // namespace h2h
