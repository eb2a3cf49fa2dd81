// SPDX-License-Identifier: Apache-2.0
//
// The tool: options in, one command run, errors to exit codes. Results go to standard output, log and errors
// to standard error.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <h2h/base/text.hpp>
#include <h2h/version.hpp>

#include "commands.hpp"

namespace {

using namespace h2h;

constexpr std::string_view kFooter =
    "Exit status: 0 well, 1 internal error, 2 usage, 3 a file is wrong, 4 nothing maps.\n"
    "Files are looked up as given, then among the shipped ones (h2h-sim list).";

struct Verbosity {
  int louder = 0;
  bool quiet = false;
  std::string level;
};

void set_up_log(const Verbosity& verbosity) {
  const auto logger = spdlog::stderr_color_mt("h2h-sim");
  logger->set_pattern("%n: %^%l%$: %v");
  spdlog::set_default_logger(logger);
  if (!verbosity.level.empty()) {
    spdlog::set_level(spdlog::level::from_str(verbosity.level));
  } else if (verbosity.quiet) {
    spdlog::set_level(spdlog::level::err);
  } else {
    spdlog::set_level(verbosity.louder == 0   ? spdlog::level::warn
                      : verbosity.louder == 1 ? spdlog::level::info
                                              : spdlog::level::debug);
  }
}

std::string joined(int count, char** words) {
  std::string line;
  for (int i = 0; i < count; ++i) line += fmt::format("{}{}", i == 0 ? "" : " ", words[i]);
  return line;
}

/// Words that no option or command took: refuses them, with the nearest that there is.
void refuse_rest(const CLI::App& app) {
  const CLI::App* chosen = &app;
  std::vector<std::string> words = chosen->remaining();
  while (!chosen->get_subcommands().empty()) {
    chosen = chosen->get_subcommands().front();
    const std::vector<std::string> more = chosen->remaining();
    words.insert(words.end(), more.begin(), more.end());
  }
  if (words.empty()) return;
  // A misspelt option may have left its value behind; name the option.
  const auto option =
      std::find_if(words.begin(), words.end(), [](const std::string& word) { return word.starts_with('-'); });
  const bool is_option = option != words.end();
  const std::string word =
      (is_option ? *option : words.front()).substr(0, (is_option ? *option : words.front()).find('='));
  std::vector<std::string> known;
  for (const CLI::Option* candidate : chosen->get_options()) {
    for (const std::string& name : candidate->get_lnames()) known.push_back("--" + name);
  }
  if (!is_option) {
    known.clear();
    for (const CLI::App* subcommand : chosen->get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(subcommand->get_name());
  }
  const auto near = nearest(word, known);
  throw Error(ErrorKind::usage, fmt::format("unknown {} '{}'", is_option ? "option" : "command", word),
              near ? fmt::format("did you mean '{}'?", *near) : "--help says what there is");
}

/// What a script leaves empty by mistake would otherwise be taken for an option that is not given.
void refuse_empty_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty())
        throw Error(ErrorKind::usage, fmt::format("{} is empty", option->get_name()),
                    "give a value, or leave it out");
    }
  }
  for (const CLI::App* subcommand : app.get_subcommands()) refuse_empty_values(*subcommand);
}

/// Before and behind a command's name.
void add_log_options(CLI::App& app, Verbosity& verbosity) {
  app.add_flag("-v,--verbose", verbosity.louder, "Say more; twice for debugging")->group("Log");
  app.add_flag("-q,--quiet", verbosity.quiet, "Say errors only")->group("Log");
  app.add_option("--log-level", verbosity.level, "trace, debug, info, warn, error or off")
      ->check(cli::one_of({"trace", "debug", "info", "warn", "error", "off"}))
      ->type_name("LEVEL")
      ->group("Log");
}

void allow_extras_everywhere(CLI::App& app) {
  app.allow_extras();
  for (CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    allow_extras_everywhere(*subcommand);
}

/// Nothing can be done where standard error cannot be written; the exit status still says what happened.
int report(const Error& error) noexcept {
  std::cout.flush();
  for (const char* part : {"h2h-sim: ", error.what(), "\n"}) static_cast<void>(std::fputs(part, stderr));
  return static_cast<int>(error.kind());
}

/// A file that is opened must not get the number of a standard stream that the caller has closed: messages
/// would end up in it. What stands there instead cannot be written to.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) == -1) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

int run(int argc, char** argv) {
  CLI::App app{
      "Maps heterogeneous DNN models onto heterogeneous multi-FPGA systems\n"
      "and says what a mapping costs in latency and energy.",
      "h2h-sim"};
  app.set_version_flag("--version", fmt::format("h2h-sim {}", kVersion));
  app.footer(std::string(kFooter));
  app.get_formatter()->column_width(30);
  app.require_subcommand(0, 1);

  Registry registry;  // read when it is known which plug-ins it is to hold, and before any command runs
  cli::Options options;
  options.command = joined(argc, argv);
  Verbosity verbosity;
  cli::Command command;
  cli::add_run(app, options, registry, command);
  cli::add_replay(app, options, registry, command);
  cli::add_compare(app, options, registry, command);
  cli::add_sweep(app, options, registry, command);
  cli::add_merge(app, options, command);
  cli::add_explain(app, options, registry, command);
  cli::add_costs(app, options, registry, command);
  cli::add_check(app, options, registry, command);
  cli::add_list(app, options, registry, command);
  add_log_options(app, verbosity);
  for (CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    add_log_options(*subcommand, verbosity);
  allow_extras_everywhere(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& failure) {
    throw Error(ErrorKind::usage, failure.what());
  }
  refuse_rest(app);
  refuse_empty_values(app);
  set_up_log(verbosity);
  if (app.get_subcommands().empty() && argc == 1) {
    std::cout << app.help();
    return 0;
  }
  registry = cli::registry_of(options);
  command();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    return report(error);
  } catch (const std::exception& failure) {
    return report(Error(ErrorKind::internal, failure.what(),
                        "this is a defect of h2h-sim or of a plug-in; please report it"));
  } catch (...) {  // h2h-sim itself throws no such thing
    return report(Error(ErrorKind::internal, "a plug-in throws something that is no std::exception"));
  }
}
