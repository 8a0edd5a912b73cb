# Runs inside, as root and unconfined: upstreams, the same attempts without and with the units, and the program itself.
cd /run/place
trap 'touch /run/place/done' EXIT
set -x

ip link set lo up
ip address add 10.1.2.3/32 dev lo
ip address add 10.1.2.4/32 dev lo
python3 upstreams.py &
for _ in $(seq 100); do [ -e upstreams.ready ] && break; sleep 0.05; done

mkdir -p -m 700 /home/private
echo mine >/home/private/file
chmod 600 /etc/airlock/*.key /etc/airlock/*.token

# With no unit everything has to succeed, or the other runs prove nothing.
mkdir -p /var/log/airlock
CREDENTIALS_DIRECTORY=/etc/airlock python3 attempts.py plain >plain.json
rm -r /var/log/airlock

systemctl start with-network.service
systemctl start without-network.service

# Once told to end, once killed: the second process of a service writes its last line in both cases.
start_kept() {
    systemctl start kept-network.service
    for _ in $(seq 100); do rm /var/log/airlock/last.txt.ready && break; sleep 0.05; done
}
start_kept
systemctl stop kept-network.service
start_kept
systemctl kill --kill-whom=main --signal=KILL kept-network.service
systemctl stop kept-network.service
cp /var/log/airlock/last.txt last.txt

systemctl start airlock.service
python3 client.py >client.json
systemctl show -p ActiveState -p StatusErrno -p NRestarts airlock.service >running.txt
systemctl stop airlock.service
systemctl show -p ActiveState -p Result -p ExecMainStatus airlock.service >stopped.txt
cp /var/log/airlock/audit.jsonl audit.jsonl
stat -L -c '%a' /var/log/airlock /var/log/airlock/audit.jsonl >modes.txt
