// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/port.hpp"

#include "base/clock.hpp"
#include "base/console.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

namespace assay::agent {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

std::string first_line(const std::string& path) {
  std::array<char, 128> text{};
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  const std::string_view all(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return std::string(all.substr(0, all.find('\n')));
}

/// The kernel's news of devices. It says "change" when a port gets its name. Kernels without CONFIG_NET have
/// no such socket: then nothing but looking again tells.
UniqueFd listen_for_devices() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1;
  if (fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

void wait_for_news(const UniqueFd& news) {
  pollfd wait{.fd = news.get(), .events = POLLIN, .revents = 0};
  // Ports appear within milliseconds of the first process; poll() ignores a descriptor of -1.
  ::poll(&wait, 1, news ? 1000 : 1);
  std::array<char, 4096> text{};
  while (news && ::read(news.get(), text.data(), text.size()) > 0) {
  }
}

}  // namespace

std::string find_port(const std::string& folder) {
  const std::unique_ptr<DIR, CloseDir> dir(::opendir(folder.c_str()));
  while (dir) {
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) {
      break;
    }
    const std::string name = &entry->d_name[0];
    if (name[0] != '.' && first_line(folder + "/" + name + "/name") == port_name) {
      return "/dev/" + name;
    }
  }
  return "";
}

UniqueFd wait_for_port(std::uint64_t deadline_ns) {
  const UniqueFd news = listen_for_devices();
  const std::uint64_t end = monotonic_ns() + deadline_ns;
  do {
    const std::string path = find_port("/sys/class/virtio-ports");
    if (!path.empty()) {
      UniqueFd port(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
      if (port) {
        return port;
      }
      if (errno != ENOENT) {
        say_error("cannot open " + path, errno);
      }
    }
    wait_for_news(news);
  } while (monotonic_ns() < end);
  return {};
}

}  // namespace assay::agent
