// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/command_line.hpp"

#include "app/capabilities.hpp"
#include "app/describe.hpp"
#include "app/local.hpp"
#include "base/console.hpp"
#include "supervisor/lockdown.hpp"
#include "supervisor/supervisor.hpp"
#include "version.hpp"
#include "worker/worker.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

namespace assay::agent {
namespace {

constexpr int exit_infrastructure = 70;

constexpr const char* usage =
    R"(assay-agent: what Assay runs as PID 1 of a guest, here as an ordinary program.

usage: assay-agent --local WORKLOAD [NAME=VALUE ...] [--seed N] [--json]
       assay-agent --describe
       assay-agent --connect SOCKET
       assay-agent --help | --version

  --local WORKLOAD  run one workload on this machine and print its counters and checks
      --seed N        the seed of its random numbers (1)
      --json          print JSON
  --describe        print all workloads, parameters, counters and metrics as JSON
  --connect SOCKET  serve an orchestrator over a unix stream socket, as in a guest

exit code of --local: 0 pass, 1 fail, 2 wrong usage, 77 skip
example: assay-agent --local fault.shared pages=512 rounds=4 writer=true
)";

int wrong_usage(const std::string& text) {
  std::fprintf(stderr, "assay-agent: %s\nTry \"assay-agent --help\".\n", text.c_str());
  return exit_usage;
}

int connect_to(std::string_view path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return wrong_usage("the socket's path is too long");
  }
  std::memcpy(&address.sun_path[0], path.data(), path.size());
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    say_error("cannot connect to " + std::string(path), errno);
    return exit_infrastructure;
  }
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  Supervisor supervisor(std::move(fd), Channel::socket, probe_machine());
  lock_down(false);
  say("ready");
  supervisor.run();
  return 0;
}

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(seed) : std::nullopt;
}

int run_local(std::span<char* const> arguments) {
  LocalRun run;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const std::size_t equals = word.find('=');
    if (word == "--json") {
      run.json = true;
    } else if (word == "--seed") {
      const auto seed = i + 1 < arguments.size() ? parse_seed(arguments[++i]) : std::nullopt;
      if (!seed) {
        return wrong_usage("--seed takes a number");
      }
      run.seed = *seed;
    } else if (word.starts_with("--")) {
      return wrong_usage("unknown option " + std::string(word));
    } else if (run.workload.empty() && equals == std::string_view::npos) {
      run.workload = word;
    } else if (!run.workload.empty() && equals != std::string_view::npos && equals > 0) {
      run.parameters.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else {
      return wrong_usage("\"" + std::string(word) + "\" is not NAME=VALUE after a workload");
    }
  }
  return run.workload.empty() ? wrong_usage("--local takes a workload") : run_locally(run);
}

}  // namespace

int run_as_program(std::span<char* const> arguments) {
  const std::string_view verb = arguments.empty() ? std::string_view() : arguments.front();
  const bool alone = arguments.size() == 1;
  if (verb == "--worker" && alone) {
    return run_worker();
  }
  if (verb == "--local") {
    return run_local(arguments.subspan(1));
  }
  if (verb == "--connect" && arguments.size() == 2) {
    return connect_to(arguments[1]);
  }
  if (verb == "--describe" && alone) {
    std::fputs(describe().c_str(), stdout);
    return 0;
  }
  if (verb == "--version" && alone) {
    std::printf("assay-agent %s\n", std::string(agent_version).c_str());
    return 0;
  }
  if ((verb == "--help" || verb == "-h") && alone) {
    std::fputs(usage, stdout);
    return 0;
  }
  return wrong_usage(verb.empty() ? "nothing to do" : "cannot make sense of " + std::string(verb));
}

}  // namespace assay::agent
