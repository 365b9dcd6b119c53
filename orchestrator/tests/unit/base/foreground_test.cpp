// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/foreground.hpp"

#include "base/files.hpp"
#include "base/handle.hpp"
#include "running.hpp"
#include "scratch.hpp"

#include <gtest/gtest.h>
#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace assay {
namespace {

Result<ProcessEnd> in_foreground(const std::string& script) {
  asio::io_context io;
  Interrupt stop;
  return run_on(io, run_in_foreground({"/bin/sh", "-c", script}, stop));
}

TEST(Foreground, EndsAsTheProgramDoes) {
  EXPECT_EQ(in_foreground("exit 3").value().code, 3);
  EXPECT_EQ(in_foreground("kill -KILL $$").value().signal, SIGKILL);
}

TEST(Foreground, IsAJobOfThisGroupAndHearsWhatOthersHear) {
  const Scratch scratch;
  const auto said = scratch.root() / "said";
  std::signal(SIGPIPE, SIG_IGN);
  const auto end =
      in_foreground("cut -d' ' -f5 /proc/$$/stat > " + said.string() + "; kill -PIPE $$; exit 0");
  std::signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(end.value().signal, SIGPIPE);
  EXPECT_EQ(std::atoi(read_file(said).value().c_str()), ::getpgrp());
}

TEST(Foreground, EndsWhenAskedEvenWhatIsDeaf) {
  for (const auto* script :
       {"kill -USR1 $PPID; exec sleep 600", "kill -USR1 $PPID; kill -STOP $$; exec sleep 600",
        "trap '' TERM; kill -USR1 $PPID; exec sleep 600"}) {
    asio::io_context io;
    Interrupt stop;
    asio::signal_set begun(io, SIGUSR1);
    begun.async_wait([&stop](boost::system::error_code, int) { stop.request(); });
    const auto end = run_on(io, run_in_foreground({"/bin/sh", "-c", script}, stop));
    EXPECT_FALSE(end.value().ok()) << script;
  }
}

/// A terminal at stdin for as long as it lives.
class AtTerminal {
 public:
  AtTerminal() : kept_(::dup(STDIN_FILENO)), ours_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(ours_.get());
    ::unlockpt(ours_.get());
    const UniqueFd theirs(::open(::ptsname(ours_.get()), O_RDWR | O_NOCTTY));
    ::dup2(theirs.get(), STDIN_FILENO);
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;
  AtTerminal(AtTerminal&&) = delete;
  AtTerminal& operator=(AtTerminal&&) = delete;
  ~AtTerminal() { ::dup2(kept_.get(), STDIN_FILENO); }

  [[nodiscard]] static bool echoes() {
    termios settings{};
    return ::tcgetattr(STDIN_FILENO, &settings) == 0 && (settings.c_lflag & ECHO) != 0;
  }

 private:
  UniqueFd kept_;
  UniqueFd ours_;
};

TEST(Foreground, PutsTheTerminalBack) {
  const AtTerminal terminal;
  ASSERT_TRUE(AtTerminal::echoes());
  EXPECT_TRUE(in_foreground("stty -echo && stty | grep -q -- -echo").value().ok());
  EXPECT_TRUE(AtTerminal::echoes());
  EXPECT_EQ(in_foreground("stty raw -echo; kill -KILL $$").value().signal, SIGKILL);
  EXPECT_TRUE(AtTerminal::echoes());
}

}  // namespace
}  // namespace assay
