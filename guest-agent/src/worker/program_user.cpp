// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_user.hpp"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace assay::agent {
namespace {

using Fields = std::vector<std::string>;

Fields split(const std::string& text, char separator) {
  Fields fields;
  std::istringstream stream(text);
  for (std::string field; std::getline(stream, field, separator);) {
    fields.push_back(field);
  }
  return fields;
}

std::optional<unsigned> number_of(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The highest number means "no change" to the system calls.
  const bool good = error == std::errc{} && end == text.data() + text.size() && value != -1U;
  return good ? std::optional(value) : std::nullopt;
}

/// The lines of a file like passwd that have at least `fields` fields.
std::vector<Fields> table(const std::string& path, std::size_t fields) {
  std::vector<Fields> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (auto parts = split(line, ':'); parts.size() >= fields) {
      lines.push_back(std::move(parts));
    }
  }
  return lines;
}

/// The line whose name, or else whose number in field 2, is `key`.
std::optional<Fields> line_of(const std::vector<Fields>& lines, const std::string& key) {
  auto found = std::ranges::find(lines, key, [](const auto& line) { return line[0]; });
  if (found == lines.end()) {
    found = std::ranges::find(lines, key, [](const auto& line) { return line[2]; });
  }
  return found == lines.end() ? std::nullopt : std::optional(*found);
}

[[noreturn]] void refuse(const std::string& wish, const std::string& why) {
  throw std::runtime_error("cannot run as " + wish + ": " + why);
}

gid_t group_of(const std::string& wish, const std::string& group, const std::string& etc) {
  const auto line = line_of(table(etc + "/group", 3), group);
  const auto gid = number_of(line ? line->at(2) : group);
  if (!gid) {
    refuse(wish, "the guest's " + etc + "/group has no group " + group);
  }
  return *gid;
}

std::vector<gid_t> further_groups(const std::string& user, gid_t first, const std::string& etc) {
  std::vector<gid_t> groups;
  for (const auto& line : table(etc + "/group", 4)) {
    const auto members = split(line[3], ',');
    const auto gid = number_of(line[2]);
    if (gid && *gid != first && std::ranges::find(members, user) != members.end()) {
      groups.push_back(*gid);
    }
  }
  return groups;
}

}  // namespace

Identity find_identity(const std::string& wish, const std::string& etc) {
  const std::size_t colon = wish.find(':');
  const std::string user = wish.substr(0, colon);
  const auto line = line_of(table(etc + "/passwd", 6), user);
  const auto uid = number_of(line ? line->at(2) : user == "root" ? "0" : user);
  const auto gid = line ? number_of(line->at(3)) : uid;
  if (!uid || !gid) {
    refuse(wish, "the guest's " + etc + "/passwd has no user " + user);
  }
  Identity identity{.uid = *uid, .gid = *gid};
  if (line) {
    identity.name = line->at(0);
    identity.home = line->at(5);
  }
  if (colon != std::string::npos) {
    identity.gid = group_of(wish, wish.substr(colon + 1), etc);
  } else if (!identity.name.empty()) {
    identity.groups = further_groups(identity.name, identity.gid, etc);
  }
  return identity;
}

int become(const Identity& identity) {
  const bool done = ::setgroups(identity.groups.size(), identity.groups.data()) == 0 &&
                    ::setresgid(identity.gid, identity.gid, identity.gid) == 0 &&
                    ::setresuid(identity.uid, identity.uid, identity.uid) == 0;
  return done ? 0 : errno;
}

}  // namespace assay::agent
