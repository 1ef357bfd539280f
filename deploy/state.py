"""Chalice's record of what it deployed, kept in the account so that every machine deploys from the same one.

Without it Chalice would make a second API beside the first.
"""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deploy.build import APP_NAME, DeploymentError
from deploy.post_deploy import Clients


class DeployedState:
    """The record of one stage: in the bucket that is named, or in the account's own for this app."""

    def __init__(self, client: Clients, stage: str, *, bucket: str | None = None) -> None:
        self._client = client
        self._stage = stage
        self._bucket = bucket or self._own_bucket()
        self._key = f"deployed/{stage}.json"

    def restore(self, copy: Path) -> None:
        """Put the record into a project copy.

        Raises DeploymentError when there is none although the stage has an API.
        """
        path = self._path(copy)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            found = self._client("s3").get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as missing:
            if missing.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchBucket", "404"):
                raise
            self._refuse_second_api()
        else:
            path.write_bytes(found["Body"].read())

    def save(self, copy: Path) -> None:
        """Keep the record that Chalice wrote into a project copy."""
        s3 = self._client("s3")
        self._make_bucket(s3)
        s3.put_object(Bucket=self._bucket, Key=self._key, Body=self._path(copy).read_bytes())

    def _path(self, copy: Path) -> Path:
        return copy / ".chalice" / "deployed" / f"{self._stage}.json"

    def _own_bucket(self) -> str:
        account = self._client("sts").get_caller_identity()["Account"]
        region = self._client("s3").meta.region_name
        return f"{APP_NAME}-deployments-{account}-{region}"

    def _make_bucket(self, s3: Any) -> None:
        try:
            s3.head_bucket(Bucket=self._bucket)
            return
        except ClientError as missing:
            if missing.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise
        region = s3.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=self._bucket, **where)
        s3.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"})
        closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(
            Bucket=self._bucket, PublicAccessBlockConfiguration=dict.fromkeys(closed, True)
        )

    def _refuse_second_api(self) -> None:
        if apis := self._apis_of_stage():
            raise DeploymentError(
                f"Stage {self._stage} has an API already ({', '.join(apis)}), but the record of its "
                f"deployment is not in s3://{self._bucket}/{self._key}. Deploying would make a second API "
                "at another address. Bring the record back (the bucket has old versions) or delete that API."
            )

    def _apis_of_stage(self) -> list[str]:
        """The REST APIs that call the stage's function."""
        api = self._client("apigateway")
        function = f":function:{APP_NAME}-{self._stage}/"
        pages = api.get_paginator("get_rest_apis").paginate()
        named = [found["id"] for page in pages for found in page["items"] if found["name"] == APP_NAME]
        return [api_id for api_id in named if function in str(_methods(api, api_id))]


def _methods(api: Any, api_id: str) -> list[Any]:
    pages = api.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    return [resource.get("resourceMethods") for page in pages for resource in page["items"]]
