// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <h2h/trace/timeline.hpp>

#include "options.hpp"
#include "search.hpp"

namespace h2h::cli {

/// Views that commands can write of their schedules.
void add_view_options(CLI::App& app, Options& options);
/// The one of them that puts several runs below each other.
void add_trace_options(CLI::App& app, Options& options);

/// Refuses views of one mapping where there are several runs. @throws Error (usage)
void refuse_views_of_several(const Options& options);

/// Writes the views that the options ask for.
void write_views(const Options& options, const Report& report, const Search& search);
/// Writes the trace of timelines.
void write_trace(const Options& options, const std::vector<Timeline>& timelines, const std::string& root);

}  // namespace h2h::cli
