// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/explanation.hpp>

namespace h2h {

Explanation explain(const Problem& problem, const Run& run, std::span<Simulator> simulators,
                    const WhatIfOptions& options) {
  const Judgement& judgement = run.result();
  const Mapping& mapping = judgement.mapping;
  Explanation explanation;
  explanation.mapper = run.mapper;
  explanation.execution = judgement.schedule.execution();
  explanation.is_replay = judgement.is_replay;
  explanation.latency_s = judgement.latency_s;
  explanation.path = critical_path(problem, mapping, judgement.schedule);

  for (const AcceleratorUse& use : accelerator_use(problem, mapping, judgement.schedule))
    explanation.accelerators.push_back({mapping.order[explanation.accelerators.size()].size(), use});
  for (const LinkUse& use : link_use(problem, mapping, judgement.schedule))
    explanation.links.push_back({use});
  for (const Stretch& stretch : explanation.path.stretches) {
    explanation.accelerators[stretch.accelerator].path_s += stretch.seconds();
    for (const LinkIndex link : links_of(problem, mapping, stretch.activity))
      explanation.links[link].path_s += stretch.seconds();
    if (stretch.link != Stretch::kNoLink) explanation.links[stretch.link].binding_s += stretch.seconds();
  }
  explanation.what_if = what_if(problem, judgement, explanation.path, simulators, options);
  return explanation;
}

}  // namespace h2h
