"""What the operator writes: ``workers.yaml``, environment variables, ``app.env``. Read here, believed nowhere else."""
