// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <h2h/base/error.hpp>
#include <h2h/base/text.hpp>

namespace h2h {
namespace sg4 = simgrid::s4u;
namespace {

/// SimGrid takes its settings from a command line only, if they are to win over <config> in the platform.
sg4::Engine* make_engine(const SimulatorOptions& options) {
  std::vector<std::string> words = {"h2h-sim", "--log=root.thresh:warning"};
  for (const std::string& setting : simgrid_compat::exact_settings()) words.push_back("--cfg=" + setting);
  for (const std::string& setting : options.cfg) words.push_back("--cfg=" + setting);
  for (const std::string& setting : options.log) words.push_back("--log=" + setting);
  // The engine keeps pointers into the arguments and lives as long as the process.
  auto* kept = new std::vector<std::string>(std::move(words));  // NOLINT(cppcoreguidelines-owning-memory)
  auto* arguments = new std::vector<char*>();                   // NOLINT(cppcoreguidelines-owning-memory)
  for (std::string& word : *kept) arguments->push_back(word.data());
  arguments->push_back(nullptr);
  auto count = static_cast<int>(kept->size());
  try {
    return new sg4::Engine(&count, arguments->data());  // NOLINT(cppcoreguidelines-owning-memory)
  } catch (const std::exception& failure) {
    // A bad key comes with the list of all keys; the first line says it.
    const std::string text = failure.what();
    throw refused_option(text.substr(0, text.find('\n')));
  }
}

/// SimGrid's own words on a platform: the first line, as some go on for pages, and the line of the file they
/// name.
[[noreturn]] void refuse_platform(const std::string& file, std::string_view words) {
  words = words.substr(0, words.find('\n'));
  Location where{file};
  if (const std::string prefix = fmt::format("Parse error at {}:", file); words.starts_with(prefix)) {
    const std::string_view rest = words.substr(prefix.size());
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), where.line);
    if (failure == std::errc{})
      words = rest.substr(std::min(rest.size(), static_cast<std::size_t>(end - rest.data()) + 2));
  }
  throw Error(ErrorKind::input, where, fmt::format("SimGrid refuses the platform: {}", words));
}

std::map<std::string, std::string> properties_of(const sg4::Host& host) {
  const auto* properties = host.get_properties();
  return {properties->begin(), properties->end()};
}

}  // namespace

Error refused_option(const std::string& why) {
  return {ErrorKind::usage, fmt::format("SimGrid refuses an option: {}", why),
          "the keys of --cfg and --log are in SimGrid's documentation"};
}

SimGridEngine::SimGridEngine(const SimulatorOptions& options) : engine_(make_engine(options)) {}

void SimGridEngine::load(const std::filesystem::path& platform, const std::string& copy, PlatformXml xml,
                         const SimulatorOptions& options) {
  xml_ = std::move(xml);
  description_.file = platform.string();
  try {
    engine_->load_platform(copy);
    engine_->seal_platform();
  } catch (const std::exception& failure) {
    refuse_platform(platform.string(),
                    boost::replace_all_copy<std::string>(failure.what(), copy, platform.string()));
  }
  // SimGrid adds a loopback link of its own, which no route of ours crosses.
  links_ =
      engine_->get_filtered_links([](const sg4::Link* link) { return link->get_name() != "__loopback__"; });
  std::sort(links_.begin(), links_.end(),
            [](const auto* a, const auto* b) { return a->get_name() < b->get_name(); });
  for (std::size_t link = 0; link < links_.size(); ++link)
    place_[links_[link]] = static_cast<LinkIndex>(link);
  describe();
  if (options.bandwidth_Bps) {
    set_exclusive_bandwidth(*options.bandwidth_Bps);
    describe();
  }
  if (options.peer_routes) {
    description_.peers = peer_routes(
        static_cast<std::uint32_t>(description_.fpgas.size()), [this](std::uint32_t from, std::uint32_t to) {
          return route(nodes_[from + 1], nodes_[to + 1],
                       "direct activations need a route from every FPGA to every other one");
        });
  }
  simgrid_compat::on_completion([this](const sg4::Activity& activity) { ended(activity); });
}

void SimGridEngine::describe() {
  PlatformDescription found;
  found.file = description_.file;
  found.simgrid_version = fmt::format("{}.{}", SIMGRID_VERSION_MAJOR, SIMGRID_VERSION_MINOR);
  const sg4::NetZone* root = engine_->get_netzone_root();
  found.name = root->get_name();
  if (const char* catalogue = root->get_property("accelerators")) found.catalogue = catalogue;
  found.links = describe_links();
  sg4::Host* host = nullptr;
  std::vector<sg4::Host*> fpgas;
  for (sg4::Host* node : engine_->get_all_hosts()) {
    const char* role = node->get_property("role");
    if (role != nullptr && std::string_view(role) == "host") {
      if (host != nullptr) {
        throw Error(ErrorKind::input, {found.file},
                    fmt::format("both '{}' and '{}' have the role host", host->get_name(), node->get_name()),
                    "there is one host node");
      }
      host = node;
    } else if (node->get_property("accelerator") != nullptr) {
      fpgas.push_back(node);
    }
  }
  if (host == nullptr) {
    throw Error(ErrorKind::input, {found.file}, "no host has the role host",
                "mark the host node by <prop id=\"role\" value=\"host\"/>");
  }
  if (fpgas.empty()) {
    throw Error(ErrorKind::input, {found.file}, "no host is an FPGA",
                "mark the FPGAs by <prop id=\"accelerator\" value=\"NAME\"/>, NAME from the catalogue");
  }
  // SimGrid lists hosts by name, where fpga10 precedes fpga2; the file's order is the user's.
  std::sort(fpgas.begin(), fpgas.end(), [&](const auto* a, const auto* b) {
    return xml_.hosts[a->get_name()].rank < xml_.hosts[b->get_name()].rank;
  });
  found.host = host->get_name();
  nodes_ = {host};
  check_speed(*host);
  for (sg4::Host* fpga : fpgas) {
    nodes_.push_back(fpga);
    check_speed(*fpga);
    constexpr std::string_view kHint = "every FPGA needs a route from the host and back";
    found.fpgas.push_back(
        {fpga->get_name(), properties_of(*fpga), route(host, fpga, kHint), route(fpga, host, kHint)});
  }
  description_ = std::move(found);
}

/// Times are given to SimGrid as work, in units of the speed: any is good with which it can count.
void SimGridEngine::check_speed(const sg4::Host& node) const {
  constexpr double kLeast = 1;
  constexpr double kMost = 1e24;
  const double speed = node.get_speed();
  if (speed >= kLeast && speed <= kMost) return;
  const auto known = xml_.hosts.find(node.get_name());
  throw Error(ErrorKind::input, known == xml_.hosts.end() ? Location{description_.file} : known->second.where,
              fmt::format("host '{}' has a speed of {:g} f", node.get_name(), speed),
              "it does not matter, but must be from 1f to 1e15Gf, such as 1Gf");
}

std::vector<Link> SimGridEngine::describe_links() const {
  std::vector<Link> links;
  for (const sg4::Link* link : links_) {
    const std::string& name = link->get_name();
    Link& described =
        links.emplace_back(Link{name, link->get_bandwidth(), link->get_latency(),
                                link->get_sharing_policy() == sg4::Link::SharingPolicy::FATPIPE});
    // A number can be finite in the file and not in its unit; an extreme latency makes SimGrid's clock stand
    // still.
    constexpr double kLongestLatency_s = 1e9;
    if (!std::isfinite(described.bandwidth_Bps) || described.latency_s > kLongestLatency_s) {
      throw Error(ErrorKind::input, {description_.file},
                  fmt::format("link '{}' has {:g} B/s and a latency of {:g} s", name, described.bandwidth_Bps,
                              described.latency_s),
                  "no simulation can count with such numbers");
    }
    // Each direction of a split-duplex link draws half of what the file gives the link.
    const bool direction = name.ends_with("_UP") || name.ends_with("_DOWN");
    const auto whole = xml_.link_power.find(direction ? name.substr(0, name.rfind('_')) : name);
    const auto own = xml_.link_power.find(name);
    if (direction && whole != xml_.link_power.end() && whole->second.split_duplex) {
      described.idle_W = whole->second.idle_W / 2;
      described.busy_W = whole->second.busy_W / 2;
    } else if (own != xml_.link_power.end()) {
      described.idle_W = own->second.idle_W;
      described.busy_W = own->second.busy_W;
    }
  }
  return links;
}

Route SimGridEngine::route(sg4::Host* from, sg4::Host* to, std::string_view hint) const {
  std::vector<sg4::Link*> crossed;
  Route found;
  std::string why = "there is no link between them";
  try {
    from->route_to(to, crossed, &found.latency_s);
  } catch (const std::exception& failure) {
    crossed.clear();
    why = failure.what();
  }
  if (crossed.empty()) {
    throw Error(ErrorKind::input, {description_.file},
                fmt::format("'{}' cannot be reached from '{}': {}", to->get_name(), from->get_name(), why),
                std::string(hint));
  }
  found.bandwidth_Bps = std::numeric_limits<double>::infinity();
  for (const sg4::Link* link : crossed) {
    found.links.push_back(place_.at(link));
    found.bandwidth_Bps = std::min(found.bandwidth_Bps, link->get_bandwidth());
  }
  return found;
}

void SimGridEngine::set_exclusive_bandwidth(double bandwidth_Bps) {
  std::vector<std::size_t> users(links_.size());
  for (const FpgaDescription& fpga : description_.fpgas) {
    // A link that one FPGA crosses both ways has one user.
    std::vector<LinkIndex> crossed = fpga.from_host.links;
    crossed.insert(crossed.end(), fpga.to_host.links.begin(), fpga.to_host.links.end());
    std::sort(crossed.begin(), crossed.end());
    crossed.erase(std::unique(crossed.begin(), crossed.end()), crossed.end());
    for (const LinkIndex link : crossed) ++users[link];
  }
  bool any = false;
  for (std::size_t link = 0; link < links_.size(); ++link) {
    if (users[link] != 1) continue;
    links_[link]->set_bandwidth(bandwidth_Bps);
    any = true;
  }
  if (!any) {
    throw Error(ErrorKind::usage, fmt::format("--bandwidth changes nothing in {}", description_.file),
                "it sets the links that belong to one FPGA alone, and here every link serves several");
  }
}

void SimGridEngine::run(const StreamProgram& stream, const FrameSink& ended) {
  stream_ = &stream;
  sink_ = &ended;
  begin_s_ = sg4::Engine::get_clock();
  taken_in_ = 0;
  done_ = 0;
  unused_frames_.clear();
  for (const auto& frame : frames_) unused_frames_.push_back(frame.get());
  std::uint32_t lanes = 0;
  for (const FrameProgram& program : stream.programs) {
    for (const FrameOrder::Head& head : program.heads) lanes = std::max(lanes, head.lane + 1);
    for (const FrameOrder::Tail& tail : program.tails) lanes = std::max(lanes, tail.lane + 1);
  }
  lanes_.assign(lanes, {});
  for (const ReplayProgram::Bandwidth& changed : stream.bandwidths)
    links_[changed.link]->set_bandwidth(changed.bandwidth_Bps);
  take_in_frames();
  engine_->run();
  last_ended_ = nullptr;
  for (const ReplayProgram::Bandwidth& changed : stream.bandwidths)
    links_[changed.link]->set_bandwidth(description_.links[changed.link].bandwidth_Bps);
  std::size_t count = 0;
  for (const StreamProgram::Frame& frame : stream.frames)
    count += stream.programs[frame.program].activities.size();
  if (done_ != count) {
    throw Error(ErrorKind::internal,
                fmt::format("{} of {} activities of a replay never became ready", count - done_, count));
  }
}

/// Takes in frames up to the first that is not there yet.
void SimGridEngine::take_in_frames() {
  while (taken_in_ < stream_->frames.size()) {
    // Counted from the clock, as SimGrid joins moments that are close, which would add up over the frames;
    // but frames that arrive together are not a moment apart.
    const double arrival_s = stream_->frames[taken_in_].arrival_s;
    const bool with_last = taken_in_ > 0 && stream_->frames[taken_in_ - 1].arrival_s == arrival_s;
    const double gap_s = with_last ? 0 : arrival_s - elapsed_s();
    Frame& frame = take_in(gap_s <= 0);
    if (gap_s <= 0) continue;
    arriving_ = &frame;
    start_arrival(gap_s);
    return;
  }
}

/// Starts of the next frame what waits for nothing.
/// @param is_there whether it has arrived
SimGridEngine::Frame& SimGridEngine::take_in(bool is_there) {
  Frame& frame = unused_frame();
  frame.number = taken_in_++;
  frame.program = &stream_->programs[stream_->frames[frame.number].program];
  const FrameProgram& program = *frame.program;
  const std::size_t count = program.activities.size();
  frame.times.start_s.assign(count, 0);
  frame.times.end_s.assign(count, 0);
  frame.left = count;
  frame.running.resize(count);
  for (Running& one : frame.running) {
    one.frame = &frame;
    one.followers.clear();
    one.waiting = 0;
    one.has_ended = false;
  }
  for (const std::uint32_t successor : program.successors) ++frame.running[successor].waiting;
  if (!is_there) {
    for (const std::uint32_t activity : program.arrivals) ++frame.running[activity].waiting;
  }
  for (const FrameOrder::Head& head : program.heads) {
    Running* const before = under_way(lanes_[head.lane].back[head.back]);
    if (before == nullptr) continue;
    before->followers.push_back(&frame.running[head.activity]);
    ++frame.running[head.activity].waiting;
  }
  for (const FrameOrder::Tail& tail : program.tails) {
    Lane& lane = lanes_[tail.lane];
    lane.back[1] = lane.back[0];
    lane.back[0] = {&frame, frame.number, tail.activity};
  }
  for (Running& one : frame.running) {
    if (one.waiting == 0) start(one);
  }
  if (count == 0) deliver(frame);
  return frame;
}

SimGridEngine::Frame& SimGridEngine::unused_frame() {
  if (unused_frames_.empty()) return *frames_.emplace_back(std::make_unique<Frame>());
  Frame& frame = *unused_frames_.back();
  unused_frames_.pop_back();
  return frame;
}

/// Null if there was none on the lane, or it has ended.
SimGridEngine::Running* SimGridEngine::under_way(const OnLane& one) {
  if (one.frame == nullptr || one.frame->number != one.number) return nullptr;
  Running& running = one.frame->running[one.activity];
  return running.has_ended ? nullptr : &running;
}

/// Time passes on the host node, which computes nothing else.
void SimGridEngine::start_arrival(double seconds) {
  compute(arrival_, nodes_.front(), seconds);
}

void SimGridEngine::arrived() {
  for (const std::uint32_t activity : arriving_->program->arrivals) release(arriving_->running[activity]);
  take_in_frames();
}

void SimGridEngine::release(Running& one) {
  if (--one.waiting == 0) start(one);
}

void SimGridEngine::start(Running& one) {
  const auto index = static_cast<std::size_t>(&one - one.frame->running.data());
  const ActivityGraph::Activity& activity = one.frame->program->activities[index];
  one.frame->times.start_s[index] = elapsed_s();
  if (activity.from == activity.to) return compute(one, nodes_[activity.from], activity.amount);
  // A comm starts by itself once both ends are set, so everything else comes first.
  const sg4::CommPtr comm = sg4::Comm::sendto_init();
  comm->set_payload_size(static_cast<std::uint64_t>(activity.amount));
  comm->set_data(&one);
  one.activity = comm;
  comm->set_source(nodes_[activity.from]);
  comm->set_destination(nodes_[activity.to]);
  if (comm->get_state() != sg4::Activity::State::STARTED) comm->start();
}

void SimGridEngine::compute(Running& one, sg4::Host* host, double seconds) {
  const sg4::ExecPtr exec = sg4::Exec::init();
  exec->set_flops_amount(seconds * host->get_speed());
  exec->set_data(&one);
  one.activity = exec;
  exec->set_host(host);
  exec->start();
}

void SimGridEngine::ended(const sg4::Activity& activity) {
  Running& one = *activity.get_data<Running>();
  // SimGrid still uses an activity after this callback: let go of the one before it only.
  last_ended_ = std::move(one.activity);
  if (&one == &arrival_) return arrived();
  Frame& frame = *one.frame;
  const auto index = static_cast<std::uint32_t>(&one - frame.running.data());
  frame.times.end_s[index] = elapsed_s();
  one.has_ended = true;
  ++done_;
  const FrameProgram& program = *frame.program;
  for (std::uint32_t s = program.first_successor[index]; s < program.first_successor[index + 1]; ++s)
    release(frame.running[program.successors[s]]);
  for (Running* const follower : one.followers) release(*follower);
  if (--frame.left == 0) deliver(frame);
}

void SimGridEngine::deliver(Frame& frame) {
  (*sink_)(frame.number, frame.times);
  unused_frames_.push_back(&frame);
}

}  // namespace h2h
