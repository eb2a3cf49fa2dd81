// SPDX-License-Identifier: Apache-2.0
#include <h2h/simulation/simulator.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <h2h/base/error.hpp>
#include <h2h/base/text.hpp>
#include <h2h/base/units.hpp>
#include <h2h/platform/platform_xml.hpp>

#include "child_process.hpp"
#include "engine.hpp"

namespace h2h {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Link, name, bandwidth_Bps, latency_s, is_fatpipe, idle_W, busy_W)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Route, links, latency_s, bandwidth_Bps)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FpgaDescription, name, properties, from_host, to_host)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PlatformDescription, file, name, host, catalogue, fpgas, links,
                                   simgrid_version)

namespace {

enum class Request : std::uint8_t { replay_in_fork, replay_here, stream };
/// To a replay in a fork and to a stream: each frame when it ends, and then a result without anything.
enum class Reply : std::uint8_t { frame, result, error };

void send_error(Channel& channel, const Error& error) {
  channel.send(Reply::error);
  send_json(channel, as_json(error));
}

[[noreturn]] void throw_received_error(Channel& channel) {
  throw error_from(receive_json(channel));
}

void send_graph(Channel& channel, const ActivityGraph& graph) {
  channel.send_all(std::span(graph.activities));
  channel.send_all(std::span(graph.first_successor));
  channel.send_all(std::span(graph.successors));
}

void receive_graph(Channel& channel, ActivityGraph& graph) {
  channel.receive_all(graph.activities);
  channel.receive_all(graph.first_successor);
  channel.receive_all(graph.successors);
}

void send_program(Channel& channel, const ReplayProgram& program) {
  send_graph(channel, program);
  channel.send_all(std::span(program.bandwidths));
}

/// A replay as a stream of one frame, before which there is nothing.
void receive_program(Channel& channel, StreamProgram& stream) {
  stream.programs.resize(1);
  FrameProgram& frame = stream.programs.front();
  receive_graph(channel, frame);
  frame.arrivals.clear();
  frame.heads.clear();
  frame.tails.clear();
  stream.frames.assign(1, {});
  channel.receive_all(stream.bandwidths);
}

void send_stream(Channel& channel, const StreamProgram& stream) {
  channel.send(static_cast<std::uint64_t>(stream.programs.size()));
  for (const FrameProgram& frame : stream.programs) {
    send_graph(channel, frame);
    channel.send_all(std::span(frame.arrivals));
    channel.send_all(std::span(frame.heads));
    channel.send_all(std::span(frame.tails));
  }
  channel.send_all(std::span(stream.frames));
  channel.send_all(std::span(stream.bandwidths));
}

StreamProgram receive_stream(Channel& channel) {
  StreamProgram stream;
  stream.programs.resize(channel.receive<std::uint64_t>());
  for (FrameProgram& frame : stream.programs) {
    receive_graph(channel, frame);
    channel.receive_all(frame.arrivals);
    channel.receive_all(frame.heads);
    channel.receive_all(frame.tails);
  }
  channel.receive_all(stream.frames);
  channel.receive_all(stream.bandwidths);
  return stream;
}

/// The bytes of a platform under a name from which SimGrid can load them, for as long as this lives. The file
/// that they were read from may have changed since, or may be a pipe that gives them once.
class PrivateCopy {
 public:
  explicit PrivateCopy(const std::string& bytes) : file_(std::tmpfile(), std::fclose) {
    if (!file_ || std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
        std::fflush(file_.get()) != 0)
      throw Error(ErrorKind::internal, "no temporary file can be written for SimGrid",
                  "is the disk of /tmp full?");
  }

  std::string path() const { return fmt::format("/dev/fd/{}", ::fileno(file_.get())); }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

void send_peers(Channel& channel, const PeerRoutes& peers) {
  channel.send(peers.fpgas);
  channel.send_all(std::span(peers.speeds));
  channel.send_all(std::span(peers.speed));
  channel.send_all(std::span(peers.first_link));
  channel.send_all(std::span(peers.links));
}

PeerRoutes receive_peers(Channel& channel) {
  PeerRoutes peers;
  peers.fpgas = channel.receive<std::uint32_t>();
  channel.receive_all(peers.speeds);
  channel.receive_all(peers.speed);
  channel.receive_all(peers.first_link);
  channel.receive_all(peers.links);
  return peers;
}

std::string key_of(const std::string& setting) {
  return setting.substr(0, setting.find(':'));
}

/// Whether a setting can change how long things take in SimGrid.
bool changes_model(const std::string& setting) {
  constexpr std::array<std::string_view, 6> kModels = {"network/", "cpu/",       "host/",
                                                       "surf/",    "precision/", "maxmin/"};
  return std::any_of(kModels.begin(), kModels.end(),
                     [&](std::string_view model) { return setting.starts_with(model); });
}

/// Numbers with which SimGrid would count to no end, or abort: it takes any.
bool is_nonsense(const std::string& setting) {
  const std::string key = key_of(setting);
  const bool zero_too = key.ends_with("bandwidth-factor") || key.ends_with("precision");
  std::vector<std::string> words;
  boost::split(words, setting.substr(std::min(setting.size(), key.size() + 1)), boost::is_any_of(":;,"));
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    double number = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (failure == std::errc::invalid_argument || end != word.data() + word.size()) return false;
    return failure != std::errc{} || !std::isfinite(number) || number < 0 || (number == 0 && zero_too);
  });
}

/// Settings that change SimGrid's model, of those that the user makes.
std::vector<std::string> model_settings(const SimulatorOptions& options, const PlatformXml& xml,
                                        const std::string& platform) {
  const std::vector<std::string> own = simgrid_compat::exact_settings();
  constexpr std::string_view kHint = "give numbers that are finite and not negative";
  std::vector<std::string> found;
  for (const std::string& setting : options.cfg) {
    if (!changes_model(setting) || std::find(own.begin(), own.end(), setting) != own.end()) continue;
    if (is_nonsense(setting)) throw Error(ErrorKind::usage, fmt::format("--cfg={}", setting), kHint);
    found.push_back("--cfg=" + setting);
  }
  for (const std::string& setting : xml.settings) {
    // What is set on the command line, our own settings included, wins over the platform's.
    const bool overruled = std::any_of(
        own.begin(), own.end(), [&](const std::string& ours) { return key_of(ours) == key_of(setting); });
    if (!changes_model(setting) || overruled) continue;
    if (is_nonsense(setting))
      throw Error(ErrorKind::input, {platform}, fmt::format("<config> sets {}", setting), std::string(kHint));
    found.push_back(fmt::format("<config> {}", setting));
  }
  return found;
}

/// Runs what the child was asked for and answers it.
void serve(Channel& channel, SimGridEngine& engine, Request request, const StreamProgram& stream) {
  const auto send_frame = [&channel](std::uint32_t frame, const ReplayTimes& times) {
    try {
      channel.send(Reply::frame);
      channel.send(frame);
      channel.send_all(std::span(times.start_s));
      channel.send_all(std::span(times.end_s));
    } catch (const boost::system::system_error&) {
      leave(1);  // nobody listens any more
    }
  };
  double latency_s = 0;
  const auto find_latency = [&latency_s](std::uint32_t /*frame*/, const ReplayTimes& times) {
    for (const double end_s : times.end_s) latency_s = std::max(latency_s, end_s);
  };
  try {
    if (request == Request::replay_here) {
      engine.run(stream, find_latency);
      channel.send(Reply::result);
      channel.send(latency_s);
    } else {
      engine.run(stream, send_frame);
      channel.send(Reply::result);
    }
  } catch (const Error& error) {
    send_error(channel, error);
  }
}

/// Gives standard error back to the child, and to it what SimGrid has had to say so far.
/// @param log_file what stood in for it; null if nothing did
void show_log(int standard_error, std::FILE* log_file) {
  if (log_file == nullptr) return;
  static_cast<void>(std::fflush(stderr));
  ::dup2(standard_error, STDERR_FILENO);
  const int log = ::fileno(log_file);
  std::array<char, 4096> block{};
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(log, block.data(), block.size(), at)) > 0; at += got) {
    if (::write(STDERR_FILENO, block.data(), static_cast<std::size_t>(got)) < got) break;
  }
}

/// The child's side: load, describe, then answer until the parent is gone.
void live_as_child(Channel& channel, const std::filesystem::path& platform, const PrivateCopy& copy,
                   const PlatformXml& xml, const SimulatorOptions& options, int standard_error,
                   std::FILE* log) {
  std::optional<SimGridEngine> engine;
  try {
    engine.emplace(options);
    channel.send(Reply::result);  // the parent tells by it what SimGrid aborts on
    engine->load(platform, copy.path(), xml, options);
    show_log(standard_error, log);
    channel.send(Reply::result);
    send_json(channel, engine->platform());
    send_peers(channel, engine->platform().peers);
  } catch (const Error& error) {
    return send_error(channel, error);
  }
  StreamProgram program;
  for (;;) {
    const auto request = channel.receive<Request>();
    if (request == Request::stream) {
      program = receive_stream(channel);
    } else {
      receive_program(channel, program);
    }
    if (request == Request::replay_here) {
      serve(channel, *engine, request, program);
      continue;
    }
    static_cast<void>(std::fflush(nullptr));
    const pid_t child = ::fork();
    if (child == 0) {
      serve(channel, *engine, request, program);
      leave(0);
    }
    int status = 0;
    if (child < 0 || !wait_for(child, &status)) {
      send_error(channel, Error(ErrorKind::internal, "no further process can be started for a replay"));
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      send_error(channel,
                 Error(ErrorKind::input, Location{platform.string()}, "SimGrid aborted during the replay"));
    }
  }
}

/// What SimGrid wrote before it died: its last line of level CRITICAL, or else its last line.
std::string last_words(std::FILE* log) {
  std::rewind(log);
  std::string text;
  std::array<char, 4096> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), log))
    text.append(block.data(), got);
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    boost::trim(line);
    if (line.empty()) continue;
    if (const auto at = line.find("CRITICAL] "); at != std::string::npos) return line.substr(at + 10);
    if (line.find("->") == std::string::npos) last = line;
  }
  return last;
}

}  // namespace

double parse_bandwidth(std::string_view text, std::string_view name, ErrorKind kind, const Location& where) {
  const auto rate = parse_quantity(text, Dimension::bytes_per_second);
  if (!rate || *rate <= 0) {
    throw Error(
        kind, where, fmt::format("{} '{}'", name, text),
        fmt::format("give a positive number with a unit: {}", describe_units(Dimension::bytes_per_second)));
  }
  // Beyond this, times are of no use to anybody, and at the ends of all numbers SimGrid cannot count.
  constexpr double kLeast_Bps = 1;
  constexpr double kMost_Bps = 1e15;
  if (*rate < kLeast_Bps || *rate > kMost_Bps)
    throw Error(kind, where, fmt::format("{} '{}'", name, text), "give a rate from 1Bps to 1000TBps");
  return *rate;
}

class Simulator::Process {
 public:
  Process(const PlatformFile& platform, const SimulatorOptions& options) : platform_(platform.path) {
    const PlatformXml xml = check_platform_text(platform.xml, platform_.string());
    std::vector<std::string> settings = model_settings(options, xml, platform_.string());
    const PrivateCopy copy(platform.xml);
    // While SimGrid loads, its messages go to a file: if it aborts, they say why.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> log(std::tmpfile(), std::fclose);
    // The child flushes its streams; what the caller has written must not be in their buffers, too.
    static_cast<void>(std::fflush(nullptr));
    child_.id = channel_.fork();
    if (child_.id < 0) throw Error(ErrorKind::internal, "no process can be started for SimGrid");
    if (child_.id == 0) {
      const int standard_error = ::dup(STDERR_FILENO);
      if (log) ::dup2(::fileno(log.get()), STDERR_FILENO);
      try {
        live_as_child(channel_, platform_, copy, xml, options, standard_error, log.get());
      } catch (...) {
        // The parent is gone, or will hear that this process is. The caller's code must not run twice.
        leave(1);
      }
      leave(0);
    }
    bool takes_options = false;
    try {
      if (channel_.receive<Reply>() == Reply::error) throw_received_error(channel_);
      takes_options = true;
      if (channel_.receive<Reply>() == Reply::error) throw_received_error(channel_);
      description_ = receive_json(channel_).get<PlatformDescription>();
      description_.peers = receive_peers(channel_);
      description_.model_settings = std::move(settings);
    } catch (const boost::system::system_error&) {
      const std::string why =
          log ? boost::replace_all_copy(last_words(log.get()), copy.path(), platform_.string()) : "";
      if (!takes_options) throw refused_option(why);
      throw Error(ErrorKind::input, {platform_.string()},
                  fmt::format("SimGrid aborts on this platform{}{}", why.empty() ? "" : ": ", why));
    }
  }

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  ~Process() { channel_.shut_down(); }

  const PlatformDescription& platform() const { return description_; }

  void ask(Request request, const ReplayProgram& program) {
    guarded([&] {
      channel_.send(request);
      send_program(channel_, program);
    });
  }

  void ask(const StreamProgram& stream) {
    guarded([&] {
      channel_.send(Request::stream);
      send_stream(channel_, stream);
    });
  }

  /// All frames, in order.
  void receive_frames(const Simulator::FrameTimesVisitor& visit) {
    std::exception_ptr failure;
    const auto show = [&](std::uint32_t frame, const ReplayTimes& times) {
      if (failure) return;  // what is still to come must be read, or it would be taken for a later answer
      try {
        visit(frame, times);
      } catch (...) {
        failure = std::current_exception();
      }
    };
    guarded([&] {
      std::uint32_t next = 0;
      std::map<std::uint32_t, ReplayTimes> early;  // frames that have overtaken others
      ReplayTimes times;
      for (auto reply = channel_.receive<Reply>(); reply != Reply::result;
           reply = channel_.receive<Reply>()) {
        if (reply == Reply::error) throw_received_error(channel_);
        const auto frame = channel_.receive<std::uint32_t>();
        channel_.receive_all(times.start_s);
        channel_.receive_all(times.end_s);
        if (frame != next) {
          early.emplace(frame, std::move(times));
          continue;
        }
        show(next++, times);
        for (; !early.empty() && early.begin()->first == next; ++next, early.erase(early.begin()))
          show(next, early.begin()->second);
      }
    });
    if (failure) std::rethrow_exception(failure);
  }

  ReplayTimes receive_times() {
    ReplayTimes of_all;
    receive_frames([&](std::size_t /*frame*/, const ReplayTimes& times) { of_all = times; });
    return of_all;
  }

  double receive_latency() {
    double latency_s = 0;
    guarded([&] {
      if (channel_.receive<Reply>() == Reply::error) throw_received_error(channel_);
      latency_s = channel_.receive<double>();
    });
    return latency_s;
  }

 private:
  template <typename Talk>
  void guarded(const Talk& talk) {
    const auto refuse_settings = [this](const std::string& what) {
      if (description_.model_settings.empty()) return;
      throw Error(ErrorKind::usage,
                  fmt::format("under {}: {}", enumerate(description_.model_settings, "and"), what),
                  "give SimGrid a model under which it comes to an end");
    };
    try {
      talk();
    } catch (const boost::system::system_error&) {
      const std::string what = "SimGrid aborted during the replay";
      refuse_settings(what);
      throw Error(ErrorKind::input, {platform_.string()}, what);
    } catch (const Error& error) {
      refuse_settings(error.message());
      throw;
    }
  }

  /// Waits for a process when this ends, so that none is left behind.
  struct Child {
    pid_t id = -1;
    ~Child() {
      if (id > 0) wait_for(id, nullptr);
    }
  };

  std::filesystem::path platform_;
  Child child_;  ///< outlives the channel, whose end is the child's
  Channel channel_;
  PlatformDescription description_;
};

Simulator::Simulator(const PlatformFile& platform, const SimulatorOptions& options)
    : process_(std::make_unique<Process>(platform, options)) {}
Simulator::Simulator(const std::filesystem::path& platform, const SimulatorOptions& options)
    : Simulator(PlatformFile(platform), options) {}
Simulator::~Simulator() = default;
Simulator::Simulator(Simulator&&) noexcept = default;
Simulator& Simulator::operator=(Simulator&&) noexcept = default;

const PlatformDescription& Simulator::platform() const {
  return process_->platform();
}

void Simulator::start(const ReplayProgram& program) {
  process_->ask(Request::replay_in_fork, program);
}

ReplayTimes Simulator::finish() {
  return process_->receive_times();
}

ReplayTimes Simulator::replay(const ReplayProgram& program) {
  start(program);
  return finish();
}

void Simulator::stream(const StreamProgram& program, const FrameTimesVisitor& visit) {
  process_->ask(program);
  process_->receive_frames(visit);
}

ReplayWorker::ReplayWorker(const PlatformFile& platform, const SimulatorOptions& options)
    : simulator_(platform, options) {}
ReplayWorker::ReplayWorker(const std::filesystem::path& platform, const SimulatorOptions& options)
    : simulator_(platform, options) {}

void ReplayWorker::start(const ReplayProgram& program) {
  simulator_.process_->ask(Request::replay_here, program);
}

double ReplayWorker::finish() {
  return simulator_.process_->receive_latency();
}

}  // namespace h2h
