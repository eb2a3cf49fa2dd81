// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

namespace h2h::cli {

// One file a command. Each adds its options and sets what runs if it is chosen.

/// `run`, and the bare command: maps, replays, prints the table of steps.
void add_run(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `replay`: a saved mapping.
void add_replay(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `compare`: several mappers, workloads and platforms.
void add_compare(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `sweep`: the points of a study.
void add_sweep(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `merge`: joins the shards of a sweep.
void add_merge(CLI::App& app, Options& options, Command& command);
/// `explain`: where the latency comes from, what would help, or why nothing maps.
void add_explain(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `costs`: layer by accelerator.
void add_costs(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `check`: files, mapping and schedule.
void add_check(CLI::App& app, Options& options, const Registry& registry, Command& command);
/// `list`: mappers, accelerators, models, workloads, platforms.
void add_list(CLI::App& app, Options& options, const Registry& registry, Command& command);

}  // namespace h2h::cli
